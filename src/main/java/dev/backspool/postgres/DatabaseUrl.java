package dev.backspool.postgres;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is and as whom to enter, read from any of the usual spellings: {@code
 * postgresql://user:password@host:5432/name?sslmode=require}, {@code postgres://…}, {@code
 * jdbc:postgresql://…}.
 *
 * @param jdbc the address for the driver, without credentials
 */
record DatabaseUrl(String jdbc, @Nullable String user, @Nullable String password) {
  private static final Pattern URL =
      Pattern.compile(
          "(?:jdbc:)?postgres(?:ql)?://(?:(?<login>[^/?#]*)@)?(?<hosts>[^/?#@]+)(?:/(?<name>[^?#]*))?(?:\\?(?<query>[^#]*))?");

  /** Names of libpq's connection parameters that the JDBC driver spells otherwise. */
  private static final Map<String, String> DRIVER_NAMES =
      Map.of(
          "application_name", "ApplicationName",
          "connect_timeout", "connectTimeout",
          "channel_binding", "channelBinding",
          "sslnegotiation", "sslNegotiation");

  /**
   * Reads an address.
   *
   * @param user used when the address names none
   * @param password used when the address has none
   * @throws PostgresStartException when it is no PostgreSQL address; its text is not repeated, for
   *     it may hold a password
   */
  static DatabaseUrl parse(String url, @Nullable String user, @Nullable String password) {
    Matcher matcher = URL.matcher(url.strip());
    if (!matcher.matches()) {
      throw new PostgresStartException(
          "BACKSPOOL_DATABASE_URL is no PostgreSQL address; write postgresql://user:password@host:5432/name.");
    }
    String foundUser = user;
    String foundPassword = password;
    String login = matcher.group("login");
    if (login != null) {
      String[] parts = login.split(":", 2);
      foundUser = decode(parts[0]);
      foundPassword = parts.length == 2 ? decode(parts[1]) : foundPassword;
    }
    StringJoiner query = new StringJoiner("&", "?", "").setEmptyValue("");
    String given = matcher.group("query");
    for (String pair : given == null ? new String[0] : given.split("&")) {
      String[] parts = pair.split("=", 2);
      String value = parts.length == 2 ? decode(parts[1]) : "";
      switch (parts[0]) {
        case "" -> {}
        case "user" -> foundUser = value;
        case "password" -> foundPassword = value;
        default -> query.add(DRIVER_NAMES.getOrDefault(parts[0], parts[0]) + "=" + encode(value));
      }
    }
    String name = matcher.group("name");
    if (name == null || name.isEmpty()) {
      if (foundUser == null) {
        throw new PostgresStartException(
            "The database address names no database; end it with /name.");
      }
      name = encode(foundUser); // what libpq does
    }
    return new DatabaseUrl(
        "jdbc:postgresql://" + matcher.group("hosts") + "/" + name + query,
        foundUser,
        foundPassword);
  }

  /** The address as it may be logged. */
  @Override
  public String toString() {
    int query = jdbc.indexOf('?');
    return (query < 0 ? jdbc : jdbc.substring(0, query)).substring("jdbc:".length());
  }

  /** Percent-decoding of a URL, where a plus is a plus. */
  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
