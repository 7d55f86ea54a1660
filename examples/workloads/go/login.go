package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// poolConfig describes a pool that reads the token file for each new connection.
func poolConfig(connectFile, user, tokenFile string) (*pgxpool.Config, error) {
	text, err := os.ReadFile(connectFile)
	if err != nil {
		return nil, err
	}
	var logins map[string]struct{ URL string }
	if err := json.Unmarshal(text, &logins); err != nil {
		return nil, fmt.Errorf("%s: %w", connectFile, err)
	}
	login, found := logins[user]
	if !found {
		return nil, fmt.Errorf("%s has no login %s", connectFile, user)
	}
	config, err := pgxpool.ParseConfig(login.URL) // with sslmode=verify-full and the CA
	if err != nil {
		return nil, err
	}
	config.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
		token, err := os.ReadFile(tokenFile)
		if err != nil {
			return fmt.Errorf("no token to log in with: %w", err)
		}
		conn.Password = strings.TrimSpace(string(token))
		return nil
	}
	return config, nil
}
