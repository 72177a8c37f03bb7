package dev.backspool.sync.clickhouse;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a ClickHouse is and as whom to enter: {@code
 * clickhouse:https://user:password@host:8443/database?cluster=main}.
 *
 * @param endpoint scheme, host and port
 * @param database made when it is not there
 * @param cluster on whose servers all tables are replicated; null for a single server
 * @param certificate file of the authority that the server's certificate is checked against; null
 *     for those that the JVM knows
 * @param settings of ClickHouse that go with every statement, for example {@code insert_quorum}
 */
public record ClickHouseUrl(
    URI endpoint,
    String user,
    String password,
    String database,
    @Nullable String cluster,
    @Nullable Path certificate,
    Map<String, String> settings) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
  private static final String DEFAULT_DATABASE = "backspool";

  public ClickHouseUrl {
    settings = Map.copyOf(settings);
  }

  /**
   * Reads an address.
   *
   * @param text {@code
   *     clickhouse:http[s]://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?NAME=VALUE&…]} with the
   *     names {@code cluster}, {@code certificate} and those of ClickHouse's settings
   * @throws IllegalArgumentException saying what is wrong as the end of a sentence that begins with
   *     the setting's name; repeats no credentials
   */
  public static ClickHouseUrl parse(String text) {
    String prefix = "clickhouse:";
    if (!text.startsWith(prefix)) {
      throw wrong();
    }
    URI url;
    try {
      url = new URI(text.substring(prefix.length()).strip());
    } catch (URISyntaxException e) {
      // Not as the cause: it repeats the address.
      throw wrong();
    }
    boolean tls = "https".equals(url.getScheme());
    if ((!tls && !"http".equals(url.getScheme())) || url.getHost() == null) {
      throw wrong();
    }
    String[] login =
        url.getRawUserInfo() == null ? new String[0] : url.getRawUserInfo().split(":", 2);
    String path = url.getRawPath();
    String database =
        path.isEmpty() || path.equals("/") ? DEFAULT_DATABASE : name("database", path.substring(1));
    Map<String, String> settings = new LinkedHashMap<>();
    String query = url.getRawQuery();
    for (String pair : query == null ? new String[0] : query.split("&")) {
      String[] parts = pair.split("=", 2);
      settings.put(name("setting", parts[0]), parts.length == 2 ? decoded(parts[1]) : "");
    }
    String cluster = settings.remove("cluster");
    String certificate = settings.remove("certificate");
    int port = url.getPort() < 0 ? (tls ? 8443 : 8123) : url.getPort();
    return new ClickHouseUrl(
        URI.create("%s://%s:%d".formatted(url.getScheme(), url.getHost(), port)),
        login.length == 0 ? "default" : decoded(login[0]),
        login.length < 2 ? "" : decoded(login[1]),
        database,
        cluster == null ? null : name("cluster", cluster),
        certificate == null ? null : file(certificate),
        settings);
  }

  private static IllegalArgumentException wrong() {
    return new IllegalArgumentException(
        "is no address of a ClickHouse; write clickhouse:http://user:password@host:8123/database.");
  }

  private static String name(String what, String text) {
    if (!NAME.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "names a %s that is not made of letters, digits and underscores.".formatted(what));
    }
    return text;
  }

  private static Path file(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("names a certificate that is no path.", e);
    }
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // Not as the cause: it repeats what may be a password.
      throw new IllegalArgumentException("has a percent sign that is not followed by two digits.");
    }
  }

  /** The address as it may be shown. */
  @Override
  public String toString() {
    return "clickhouse:" + endpoint + "/" + database;
  }
}
