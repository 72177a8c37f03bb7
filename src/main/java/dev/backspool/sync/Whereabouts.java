package dev.backspool.sync;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a sink is, as far as it may be told: what a connection says, without its password.
 *
 * @param port the kind's usual one where the connection names none; 0 where that is not known
 */
public record Whereabouts(
    @Nullable String host, int port, @Nullable String database, @Nullable String user) {
  private static final Map<String, Integer> PORTS =
      Map.of("postgresql", 5432, "postgres", 5432, "http", 8123, "https", 8443);

  /** Reads it from a connection in the form of a URL; null when it is none. */
  static @Nullable Whereabouts of(String connection) {
    try {
      var url = new URI(connection.strip());
      if (url.getHost() == null) {
        return null;
      }
      String login = url.getRawUserInfo();
      String path = url.getPath();
      return new Whereabouts(
          url.getHost(),
          url.getPort() >= 0
              ? url.getPort()
              : PORTS.getOrDefault(String.valueOf(url.getScheme()), 0),
          path == null || path.length() < 2 ? null : path.substring(1),
          login == null || login.isEmpty() ? null : decode(login.split(":", 2)[0]));
    } catch (URISyntaxException | IllegalArgumentException e) {
      return null; // Not even its beginning is told: anything in it may be the password.
    }
  }

  /**
   * Whether two connections lead to the same tables: they differ in the login at most, so that what
   * is there can stay.
   */
  static boolean isSame(String one, String other) {
    return withoutLogin(one).equals(withoutLogin(other));
  }

  private static String withoutLogin(String connection) {
    return connection.strip().replaceFirst("//[^/?#]*@", "//");
  }

  /** Percent-decoding of a URL, where a plus is a plus. */
  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
