// Orders runs each line of its standard input as a query, and prints the first value it gets.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, explained(err))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	config, err := poolConfig(
		fromEnvironment("CRDB_SSO_CONNECT", "connect.json"),
		"app_orders",
		fromEnvironment("CRDB_TOKEN_FILE", "token"),
	)
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()

	queries := bufio.NewScanner(os.Stdin)
	for queries.Scan() {
		var value any
		if err := pool.QueryRow(ctx, queries.Text()).Scan(&value); err != nil {
			fmt.Fprintln(os.Stderr, explained(err))
			continue
		}
		fmt.Println(value)
	}
	return queries.Err()
}

// explained returns what went wrong, with the detail that CockroachDB gives.
func explained(err error) string {
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) && refusal.Detail != "" {
		return fmt.Sprintf("%v\nDETAIL: %s", err, refusal.Detail)
	}
	return err.Error()
}

func fromEnvironment(name, otherwise string) string {
	if value, found := os.LookupEnv(name); found {
		return value
	}
	return otherwise
}
