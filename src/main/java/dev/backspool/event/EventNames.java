package dev.backspool.event;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which names an event may have. The public client id stands in every page, so scanners find it and
 * try their strings on it; what they send would fill the list of names.
 */
public final class EventNames {
  private static final int LONGEST = 80;

  /** No one names an event so: parts of injections, in lower case. */
  private static final List<String> INJECTIONS =
      List.of(
          "<script",
          "</",
          "<?php",
          "<img",
          "<svg",
          "javascript:",
          "onerror=",
          "onload=",
          "${jndi",
          "#{",
          "{{",
          "../",
          "..\\",
          "%00",
          "%2e%2e",
          "/etc/passwd",
          "win.ini",
          "union select",
          "union all select",
          "select * from",
          "drop table",
          "information_schema",
          "waitfor delay",
          "pg_sleep",
          "sleep(",
          "benchmark(",
          "xp_cmdshell",
          "' or ",
          "\" or ",
          "'--",
          "$(",
          "`id`",
          ";cat ",
          "|cat ");

  /** Paths that only scanners ask for, as beginnings of a name that is a path. */
  private static final List<String> SCANNED =
      List.of(
          "/.env",
          "/.git",
          "/.aws",
          "/.ssh",
          "/wp-",
          "/wordpress",
          "/cgi-bin",
          "/phpmyadmin",
          "/vendor/phpunit",
          "/actuator",
          "/server-status");

  private static final List<String> SCANNED_ENDS = List.of(".php", ".asp", ".aspx", ".jsp", ".cgi");

  private EventNames() {}

  /** What is wrong with a name; null when nothing is. */
  public static @Nullable String fault(String name) {
    if (name.isEmpty()) {
      return "must not be empty";
    }
    if (name.equals("session_start") || name.equals("session_end")) {
      return name + " is reserved for the server";
    }
    if (name.length() > LONGEST) {
      return "must be at most " + LONGEST + " characters";
    }
    boolean plain = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '\r' || c == '\n') {
        return "must be one line";
      }
      plain &= c == '_' || c == '-' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    if (!plain && isHostile(name.toLowerCase(Locale.ROOT))) {
      return "looks like an attack";
    }
    return null;
  }

  private static boolean isHostile(String name) {
    for (String part : INJECTIONS) {
      if (name.contains(part)) {
        return true;
      }
    }
    return name.startsWith("/")
        && (SCANNED.stream().anyMatch(name::startsWith)
            || SCANNED_ENDS.stream().anyMatch(name::endsWith));
  }
}
