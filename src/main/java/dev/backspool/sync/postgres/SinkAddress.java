package dev.backspool.sync.postgres;

import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a customer's database is: {@code
 * postgresql://user:password@host:5432/name?sslmode=require&schema=backspool}. Few parameters are
 * taken: others would let the driver read files or load classes of ours.
 *
 * @param host a name or an address, one of IPv6 in brackets
 * @param sslMode {@code require} unless it says otherwise
 * @param schema where the tables are; {@code backspool} unless it says otherwise
 */
record SinkAddress(
    String host,
    int port,
    String database,
    String user,
    @Nullable String password,
    String sslMode,
    String schema) {
  private static final int PORT = 5432;
  private static final Set<String> SSL_MODES =
      Set.of("disable", "prefer", "require", "verify-ca", "verify-full");
  private static final Pattern SCHEMA = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

  /**
   * Reads an address. What is wrong is told without repeating it: it may hold a password.
   *
   * @throws SinkException when it is none
   */
  static SinkAddress parse(String text) throws SinkException {
    URI uri;
    try {
      uri = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw wrong("is no address such as postgresql://user:password@host:5432/name");
    }
    String scheme = uri.getScheme();
    if (!"postgresql".equals(scheme) && !"postgres".equals(scheme)) {
      throw wrong("does not begin with postgresql://");
    }
    String host = uri.getHost();
    if (host == null) {
      throw wrong("names no host, or more than one");
    }
    String path = uri.getPath();
    if (path == null || path.length() < 2 || path.indexOf('/', 1) >= 0) {
      throw wrong("names no database; end it with /name");
    }
    String login = uri.getRawUserInfo();
    if (login == null || login.isEmpty()) {
      throw wrong("names no user");
    }
    String[] parts = login.split(":", 2);
    String sslMode = "require";
    String schema = "backspool";
    String query = uri.getRawQuery();
    for (String pair : query == null ? new String[0] : query.split("&", -1)) {
      String[] named = pair.split("=", 2);
      String value = named.length == 2 ? decode(named[1]) : "";
      switch (named[0]) {
        case "sslmode" -> sslMode = value;
        case "schema" -> schema = value;
        default -> throw wrong("may have the parameters sslmode and schema, and no others");
      }
    }
    if (!SSL_MODES.contains(sslMode)) {
      throw wrong(
          "has another sslmode than " + String.join(", ", SSL_MODES.stream().sorted().toList()));
    }
    if (!SCHEMA.matcher(schema).matches()) {
      throw wrong("has a schema that is no plain name in lower case");
    }
    return new SinkAddress(
        host,
        uri.getPort() < 0 ? PORT : uri.getPort(),
        path.substring(1),
        decode(parts[0]),
        parts.length == 2 ? decode(parts[1]) : null,
        sslMode,
        schema);
  }

  /** Percent-decoding of a URL, where a plus is a plus. */
  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static SinkException wrong(String what) {
    return new SinkException(Kind.REFUSED, "The connection " + what, null);
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "postgresql://%s:%d/%s".formatted(host, port, database);
  }
}
