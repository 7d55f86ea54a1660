package com.example.orders;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.postgresql.plugin.AuthenticationPlugin;
import org.postgresql.plugin.AuthenticationRequestType;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/** Reads the token file for each new connection: pgjdbc asks for the password through this. */
public final class TokenFile implements AuthenticationPlugin {
  private static final Path FILE =
      Path.of(System.getenv().getOrDefault("CRDB_TOKEN_FILE", "token"));

  @Override
  public char[] getPassword(AuthenticationRequestType type) throws PSQLException {
    try {
      return Files.readString(FILE).strip().toCharArray();
    } catch (IOException error) {
      throw new PSQLException(
          "no token to log in with: " + error, PSQLState.INVALID_PASSWORD, error);
    }
  }
}
