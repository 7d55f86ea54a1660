package com.example.orders;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/** How a SQL user logs in, as the stack's {@code connect} output says it. */
final class Login {
  private Login() {}

  static DataSource dataSource(Path connectFile, String user) throws IOException {
    JsonObject logins = JsonParser.parseString(Files.readString(connectFile)).getAsJsonObject();
    if (!logins.has(user)) {
      throw new IOException(connectFile + " has no login " + user);
    }
    JsonObject login = logins.getAsJsonObject(user);

    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setServerNames(text(login, "host").split(","));
    source.setPortNumbers(
        Stream.of(text(login, "port").split(",")).mapToInt(Integer::parseInt).toArray());
    source.setDatabaseName(text(login, "database"));
    source.setUser(text(login, "user"));
    source.setOptions(text(login, "options"));
    source.setSslMode("verify-full");
    String authorities = text(login, "ca_file");
    if (authorities.equals("system")) {
      source.setSslfactory(DefaultJavaSSLFactory.class.getName());
    } else if (!authorities.isEmpty()) {
      source.setSslRootCert(authorities);
    }
    source.setAuthenticationPluginClassName(TokenFile.class.getName());
    return source;
  }

  private static String text(JsonObject login, String name) {
    return login.get(name).getAsString();
  }
}
