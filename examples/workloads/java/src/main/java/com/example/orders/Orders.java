package com.example.orders;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.util.PSQLException;

/** Runs each line of its standard input as a query, and prints the first value it gets. */
public final class Orders {
  private Orders() {}

  public static void main(String[] arguments) throws IOException {
    Path connectFile =
        Path.of(System.getenv().getOrDefault("CRDB_SSO_CONNECT", "connect.json"));
    HikariConfig config = new HikariConfig();
    config.setDataSource(Login.dataSource(connectFile, "app_orders"));
    config.setInitializationFailTimeout(-1); // start even if nothing can log in yet
    config.setMinimumIdle(0);
    config.setConnectionTimeout(10_000); // how long a refused login is tried again

    try (HikariDataSource pool = new HikariDataSource(config);
        BufferedReader queries =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String query; (query = queries.readLine()) != null; ) {
        try {
          System.out.println(firstValue(pool, query));
        } catch (SQLException error) {
          System.err.println(explained(error));
        }
      }
    }
  }

  private static String firstValue(HikariDataSource pool, String query) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      return rows.next() ? rows.getString(1) : "nothing";
    }
  }

  /** Returns what went wrong: a pool tells of a timeout only, and the reason is its cause. */
  private static String explained(SQLException error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof PSQLException refusal && refusal.getServerErrorMessage() != null) {
        String detail = refusal.getServerErrorMessage().getDetail();
        return refusal.getServerErrorMessage().getMessage()
            + (detail == null ? "" : "\nDETAIL: " + detail);
      }
    }
    return error.getMessage();
  }
}
