package dev.backspool.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;
import ua_parser.Client;
import ua_parser.Parser;

/**
 * Reads browser, system and kind of device out of a user agent. The list of patterns is long: it is
 * loaded at the first question, and answers are kept.
 */
final class Devices {
  private final Cache<String, Device> known = Caffeine.newBuilder().maximumSize(10_000).build();

  /**
   * A device.
   *
   * @param browser with its major version, for example {@code Chrome 126}
   * @param os for example {@code Windows 10}
   * @param type {@code desktop}, {@code mobile}, {@code tablet}, {@code bot} or {@code unknown}
   */
  record Device(@Nullable String browser, @Nullable String os, String type) {
    static final Device UNKNOWN = new Device(null, null, "unknown");
  }

  private static final class Patterns {
    static final Parser PARSER = new Parser();
  }

  /** The device of a user agent; unknown when there is none. */
  Device of(@Nullable String userAgent) {
    return userAgent == null ? Device.UNKNOWN : known.get(userAgent, Devices::parse);
  }

  private static Device parse(String userAgent) {
    Client client = Patterns.PARSER.parse(userAgent);
    String os = client.os.family;
    return new Device(
        name(client.userAgent.family, client.userAgent.major),
        os.equals("Mac OS X") ? "macOS" : name(os, client.os.major),
        type(userAgent, client));
  }

  private static @Nullable String name(String family, @Nullable String major) {
    if (family.equals("Other")) {
      return null;
    }
    return major == null ? family : family + " " + major;
  }

  private static String type(String userAgent, Client client) {
    String device = client.device.family;
    return switch (client.os.family) {
      case String _ when device.equals("Spider") -> "bot";
      case String _ when device.startsWith("iPad") || userAgent.contains("Tablet") -> "tablet";
      // Android's own convention: phones say Mobile, tablets do not.
      case "Android" -> userAgent.contains("Mobile") ? "mobile" : "tablet";
      case "iOS", "Windows Phone", "KaiOS", "BlackBerry OS" -> "mobile";
      case "Windows", "Mac OS X", "Linux", "Chrome OS", "Ubuntu", "Fedora", "Debian", "FreeBSD" ->
          "desktop";
      default -> userAgent.contains("Mobile") ? "mobile" : "unknown";
    };
  }
}
