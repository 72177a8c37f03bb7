package dev.backspool.enrich;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a page's address, or of a route such as {@code /checkout?step=2}.
 *
 * @param path as written, for example {@code /checkout}; of something that is no address, all of it
 * @param origin lower case and without the scheme's own port, for example {@code
 *     https://shop.example}; null for a route
 * @param query decoded, in the order of the address; of a repeated name the last value
 * @param hash what follows {@code #}, as written
 */
public record PageAddress(
    @Nullable String path,
    @Nullable String origin,
    Map<String, String> query,
    @Nullable String hash) {

  private static final PageAddress NONE = new PageAddress(null, null, Map.of(), null);

  /** Takes an address apart. Never throws: what cannot be read is a path, as given. */
  public static PageAddress of(@Nullable String urlOrPath) {
    String text = urlOrPath == null ? "" : urlOrPath.strip();
    if (text.isEmpty()) {
      return NONE;
    }
    int hashAt = text.indexOf('#');
    String hash = hashAt < 0 ? "" : text.substring(hashAt + 1);
    String front = hashAt < 0 ? text : text.substring(0, hashAt);
    int queryAt = front.indexOf('?');
    String query = queryAt < 0 ? "" : front.substring(queryAt + 1);
    String place = queryAt < 0 ? front : front.substring(0, queryAt);

    int schemeEnd = place.indexOf("://");
    String path = place;
    String origin = null;
    if (schemeEnd > 0 && isScheme(place, schemeEnd)) {
      int hostAt = schemeEnd + 3;
      int slash = place.indexOf('/', hostAt);
      String authority = slash < 0 ? place.substring(hostAt) : place.substring(hostAt, slash);
      String scheme = place.substring(0, schemeEnd).toLowerCase(Locale.ROOT);
      if (!isAuthority(authority, scheme)) {
        return new PageAddress(text, null, Map.of(), null);
      }
      origin = authority.isEmpty() ? null : origin(scheme, authority);
      path = slash < 0 ? "/" : place.substring(slash);
    }
    return new PageAddress(
        path.isEmpty() ? null : path, origin, query(query), hash.isEmpty() ? null : hash);
  }

  /**
   * The host of the origin.
   *
   * @return lower case, without its port; null when there is no origin
   */
  @Nullable String host() {
    if (origin == null) {
      return null;
    }
    String authority = origin.substring(origin.indexOf("://") + 3);
    int colon =
        authority.startsWith("[")
            ? authority.indexOf(':', authority.indexOf(']'))
            : authority.indexOf(':');
    return colon < 0 ? authority : authority.substring(0, colon);
  }

  private static boolean isScheme(String text, int end) {
    if (!isLetter(text.charAt(0))) {
      return false;
    }
    for (int at = 1; at < end; at++) {
      char character = text.charAt(at);
      if (!isLetter(character) && !isDigit(character) && "+-.".indexOf(character) < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAuthority(String authority, String scheme) {
    if (authority.isEmpty()) {
      return scheme.equals("file");
    }
    String host = authority.substring(authority.lastIndexOf('@') + 1);
    boolean literal = host.startsWith("[");
    int hostEnd = literal ? host.indexOf(']') + 1 : host.indexOf(':');
    if (hostEnd < 0) {
      hostEnd = host.length();
    }
    if (hostEnd == 0) {
      return false;
    }
    for (int at = 0; at < hostEnd; at++) {
      char character = host.charAt(at);
      if (character <= ' ' || "\"<>\\^`{|}%".indexOf(character) >= 0) {
        return false;
      }
    }
    return hostEnd == host.length() || isPort(host, hostEnd);
  }

  private static boolean isPort(String host, int colon) {
    if (host.charAt(colon) != ':' || host.length() - colon > 6) {
      return false;
    }
    for (int at = colon + 1; at < host.length(); at++) {
      if (!isDigit(host.charAt(at))) {
        return false;
      }
    }
    return true;
  }

  private static String origin(String scheme, String authority) {
    String host = authority.substring(authority.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT);
    String ownPort =
        switch (scheme) {
          case "http" -> ":80";
          case "https" -> ":443";
          default -> ":";
        };
    if (host.endsWith(ownPort)) {
      host = host.substring(0, host.length() - ownPort.length());
    }
    return scheme + "://" + host;
  }

  private static Map<String, String> query(String query) {
    if (query.isEmpty()) {
      return Map.of();
    }
    var values = new LinkedHashMap<String, String>();
    for (int at = 0; at <= query.length(); ) {
      int next = query.indexOf('&', at);
      int end = next < 0 ? query.length() : next;
      int equals = query.indexOf('=', at, end);
      int nameEnd = equals < 0 ? end : equals;
      String name = decoded(query.substring(at, nameEnd));
      if (!name.isEmpty()) {
        values.put(name, nameEnd == end ? "" : decoded(query.substring(nameEnd + 1, end)));
      }
      at = end + 1;
    }
    return Collections.unmodifiableMap(values);
  }

  /** As a form does: {@code +} is a space; a {@code %} that begins no byte stands for itself. */
  private static String decoded(String text) {
    if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
      return text;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    var out = new ByteArrayOutputStream(bytes.length);
    for (int at = 0; at < bytes.length; at++) {
      int high = at + 2 < bytes.length ? Character.digit(bytes[at + 1], 16) : -1;
      int low = at + 2 < bytes.length ? Character.digit(bytes[at + 2], 16) : -1;
      if (bytes[at] == '%' && high >= 0 && low >= 0) {
        out.write(high << 4 | low);
        at += 2;
      } else {
        out.write(bytes[at] == '+' ? ' ' : bytes[at]);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static boolean isLetter(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
  }

  private static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }
}
