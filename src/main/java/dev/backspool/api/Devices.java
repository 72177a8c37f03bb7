package dev.backspool.api;

import dev.backspool.enrich.Agent;
import dev.backspool.enrich.UserAgents;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the dashboard shows of a user agent: browser, system and kind of device, a word each. */
final class Devices {
  private final UserAgents userAgents = new UserAgents();

  /**
   * A device.
   *
   * @param browser with its major version, for example {@code Chrome 126}
   * @param os for example {@code Windows 10}
   * @param type {@code desktop}, {@code mobile}, {@code tablet}, {@code smarttv}, {@code console},
   *     {@code wearable}, {@code server}, {@code bot} or {@code unknown}
   */
  record Device(@Nullable String browser, @Nullable String os, String type) {
    static final Device UNKNOWN = new Device(null, null, "unknown");
  }

  /** The device of a user agent; unknown when there is none. */
  Device of(@Nullable String userAgent) {
    if (userAgent == null) {
      return Device.UNKNOWN;
    }
    Agent agent = userAgents.parse(userAgent);
    String type =
        userAgents.isBot(userAgent) ? "bot" : Objects.requireNonNullElse(agent.device(), "unknown");
    // Browsers say 10.15.7 of every macOS since, so its version tells nothing.
    boolean frozen = "macOS".equals(agent.os());
    return new Device(
        named(agent.browser(), agent.browserVersion()),
        frozen ? agent.os() : named(agent.os(), agent.osVersion()),
        type);
  }

  private static @Nullable String named(@Nullable String name, @Nullable String version) {
    if (name == null || version == null) {
      return name;
    }
    int dot = version.indexOf('.');
    return name + " " + (dot < 0 ? version : version.substring(0, dot));
  }
}
