package dev.backspool.enrich;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import ua_parser.OS;
import ua_parser.OSParser;
import ua_parser.Parser;
import ua_parser.UserAgent;
import ua_parser.UserAgentParser;

/** The patterns of the ua-parser project, and what they leave to be told: the class of device. */
final class AgentPatterns {
  private static final String NONE = "Other";

  /** What Chrome says of every Android device. */
  private static final String ANY_ANDROID = "; K)";

  private static final List<String> APPLE = List.of("iPad", "iPod", "iPhone");

  /**
   * Entries that name robots: {@link Crawlers} knows more of them, a robot is no browser, and a few
   * of these entries cost more time than all the rest.
   */
  private static final Pattern ROBOT =
      Pattern.compile("bot|\\[bb]ot|spider|\\[ss]\\[pp]|archiver", Pattern.CASE_INSENSITIVE);

  private static final Pattern TELEVISION =
      Pattern.compile(
          "smart-?tv|hbbtv|apple ?tv|google ?tv|android ?tv|\\btv\\b|bravia|\\baft[a-z]|roku|web0s"
              + "|crkey|netcast|viera|inettvbrowser",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern CONSOLE =
      Pattern.compile("playstation|xbox|nintendo", Pattern.CASE_INSENSITIVE);
  private static final Pattern WEARABLE =
      Pattern.compile("\\bwatch|\\bSM-R\\d", Pattern.CASE_INSENSITIVE);
  private static final Pattern TABLET =
      Pattern.compile("ipad|tablet(?! pc)|kindle|playbook", Pattern.CASE_INSENSITIVE);

  private final UserAgentParser browsers;
  private final OSParser systems;
  private final DevicePatterns devices;

  private AgentPatterns(Map<String, List<Map<String, String>>> lists) {
    browsers =
        UserAgentParser.fromList(
            list(lists, "user_agent_parsers").stream()
                .filter(entry -> !ROBOT.matcher(entry.getOrDefault("regex", "")).find())
                .toList());
    systems = OSParser.fromList(list(lists, "os_parsers"));
    devices = DevicePatterns.fromList(list(lists, "device_parsers"));
  }

  /**
   * Reads the lists that the library carries. Its own {@code Parser} would do so, but tells nothing
   * of a device but a name.
   */
  static AgentPatterns load() {
    try (InputStream file =
        Objects.requireNonNull(Parser.class.getResourceAsStream("/ua_parser/regexes.yaml"))) {
      return new AgentPatterns(new Yaml(new SafeConstructor(new LoaderOptions())).load(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Map<String, String>> list(
      Map<String, List<Map<String, String>>> lists, String name) {
    return Objects.requireNonNull(lists.get(name));
  }

  /** What a user agent tells; {@link Agent#UNKNOWN} when nothing in it is recognised. */
  Agent read(String userAgent) {
    OS system = systems.parse(userAgent);
    String os = system.family.equals("Mac OS X") ? "macOS" : named(system.family);
    DevicePatterns.Device device = device(userAgent, os);
    UserAgent browser = browsers.parse(userAgent);
    String name = named(browser.family);
    if (os == null && device.isNothing() && !claimsABrowser(userAgent)) {
      // A name with no system behind it is a library's: python-requests, Apache-HttpClient.
      return Agent.UNKNOWN;
    }
    return new Agent(
        os,
        version(system.major, system.minor, system.patch),
        name,
        version(browser.major, browser.minor, browser.patch),
        kind(userAgent, os),
        device.brand(),
        device.model());
  }

  /** Most visitors' devices are told by the system; the long list is for the others. */
  private DevicePatterns.Device device(String userAgent, @Nullable String os) {
    return switch (os) {
      case "Windows" -> DevicePatterns.Device.NOTHING;
      case "macOS" -> new DevicePatterns.Device("Apple", "Mac");
      case "iOS" ->
          new DevicePatterns.Device(
              "Apple", APPLE.stream().filter(userAgent::contains).findFirst().orElse(null));
      case null, default ->
          userAgent.contains(ANY_ANDROID) ? DevicePatterns.Device.NOTHING : devices.find(userAgent);
    };
  }

  private static boolean claimsABrowser(String userAgent) {
    return userAgent.startsWith("Mozilla/") || userAgent.startsWith("Opera/");
  }

  private static @Nullable String named(String family) {
    return family.equals(NONE) ? null : family;
  }

  private static @Nullable String version(@Nullable String... parts) {
    String version = Stream.of(parts).takeWhile(Objects::nonNull).collect(Collectors.joining("."));
    return version.isEmpty() ? null : version;
  }

  private static @Nullable String kind(String userAgent, @Nullable String os) {
    if (TELEVISION.matcher(userAgent).find()) {
      return "smarttv";
    }
    if (CONSOLE.matcher(userAgent).find()) {
      return "console";
    }
    if (WEARABLE.matcher(userAgent).find()) {
      return "wearable";
    }
    if (TABLET.matcher(userAgent).find()) {
      return "tablet";
    }
    return switch (os) {
      // Android's own convention for browsers: phones say Mobile, tablets do not.
      case "Android" ->
          claimsABrowser(userAgent) && !userAgent.contains("Mobile") ? "tablet" : "mobile";
      case "iOS", "Windows Phone", "KaiOS", "BlackBerry OS" -> "mobile";
      case "Windows",
          "macOS",
          "Linux",
          "Chrome OS",
          "Ubuntu",
          "Fedora",
          "Debian",
          "FreeBSD",
          "OpenBSD" ->
          "desktop";
      case null, default -> userAgent.contains("Mobile") ? "mobile" : null;
    };
  }
}
