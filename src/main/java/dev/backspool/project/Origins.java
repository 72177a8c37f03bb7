package dev.backspool.project;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Which pages may upload into a project. */
public final class Origins {
  private static final Pattern ENTRY =
      Pattern.compile("https?://(\\*\\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?");

  private static final Pattern WWW = Pattern.compile("^(https?://)www\\.");

  private Origins() {}

  /** Whether this can stand on the list: an origin, or one with {@code *.} for any subdomain. */
  public static boolean isEntry(String entry) {
    return entry.equals("*") || ENTRY.matcher(entry).matches();
  }

  /**
   * Whether a page of this origin may upload. The wildcard is anchored at both ends: {@code
   * https://*.foo.com} takes {@code https://x.foo.com} and neither {@code https://foo.com} nor
   * {@code https://x.foo.com.evil.tld}.
   *
   * @param allowed the project's list; empty allows every page
   */
  public static boolean allows(List<String> allowed, String origin) {
    return allowed.isEmpty() || allowed.stream().anyMatch(entry -> matches(entry, origin));
  }

  /**
   * Whether a page of this site may upload: as {@link #allows}, but with and without {@code www.}
   * are one site.
   *
   * @param allowed the project's list; empty allows every page
   */
  public static boolean allowsSite(List<String> allowed, String origin) {
    String site = withoutWww(origin.toLowerCase(Locale.ROOT));
    return allowed.isEmpty()
        || allowed.stream()
            .anyMatch(entry -> matches(entry, origin) || matches(withoutWww(entry), site));
  }

  private static String withoutWww(String origin) {
    return WWW.matcher(origin).replaceFirst("$1");
  }

  private static boolean matches(String entry, String origin) {
    if (entry.equals("*")) {
      return true;
    }
    String page = origin.toLowerCase(Locale.ROOT);
    int wildcard = entry.indexOf("*.");
    if (wildcard < 0) {
      return entry.equals(page);
    }
    String scheme = entry.substring(0, wildcard);
    String suffix = entry.substring(wildcard + 1);
    return page.startsWith(scheme)
        && page.endsWith(suffix)
        && page.length() > scheme.length() + suffix.length()
        && isHost(page.substring(scheme.length(), page.length() - suffix.length()));
  }

  private static boolean isHost(String labels) {
    try {
      return labels.equals(URI.create("http://" + labels).getHost());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
