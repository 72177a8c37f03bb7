package dev.backspool.enrich;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells what led to a page, by a list of the well-known sites. The list is read at the first
 * question. Safe for use by many threads.
 */
public final class Referrers {
  private static final String WWW = "www.";

  /** Of a name in DNS. */
  private static final int LONGEST_HOST = 253;

  private record Site(String name, String type) {}

  private static final class Sites {
    static final Map<String, Site> BY_HOST = new HashMap<>();
    static final Map<String, Site> BY_NAME = new HashMap<>();

    private static final Pattern LINE = Pattern.compile("(\\w+)\\s{2,}(.+?)\\s{2,}(.+)");

    static {
      for (String line : Resources.lines("referrers.txt")) {
        var parts = LINE.matcher(line);
        if (!parts.matches()) {
          throw new IllegalStateException("referrers.txt: " + line);
        }
        var site = new Site(parts.group(2), parts.group(1));
        BY_NAME.put(site.name.toLowerCase(Locale.ROOT), site);
        for (String key : parts.group(3).split("\\s+", -1)) {
          (key.indexOf('.') < 0 ? BY_NAME : BY_HOST).put(key, site);
        }
      }
    }
  }

  /** Second levels under which countries give out names: {@code google.co.uk}. */
  private static final Set<String> SECOND_LEVELS = Set.of("co", "com", "net", "org");

  /**
   * What led to a page. {@code utm_source}, {@code ref} or {@code utm_referrer} in the page's
   * address, the first of them that is there, has the last word on name and type.
   *
   * @param referrerUrl the address before it
   * @param pageUrl the page's own; a referrer of the same host, {@code www.} aside, counts as none
   */
  public Referrer of(@Nullable String referrerUrl, @Nullable String pageUrl) {
    return of(referrerUrl, PageAddress.of(pageUrl));
  }

  /** As {@link #of(String, String)}, of an address that was taken apart already. */
  public Referrer of(@Nullable String referrerUrl, PageAddress page) {
    Referrer referrer = before(referrerUrl, page);
    String source = source(page.query());
    if (source == null) {
      return referrer;
    }
    Site site = named(source);
    return site == null
        ? new Referrer(referrer.url(), source, null)
        : new Referrer(referrer.url(), site.name, site.type);
  }

  private static Referrer before(@Nullable String referrerUrl, PageAddress page) {
    if (referrerUrl == null || referrerUrl.isBlank()) {
      return Referrer.NONE;
    }
    String host = bare(PageAddress.of(referrerUrl).host());
    if (host == null || host.equals(bare(page.host()))) {
      return Referrer.NONE;
    }
    Site site = at(host);
    return site == null
        ? new Referrer(referrerUrl.strip(), host, null)
        : new Referrer(referrerUrl.strip(), site.name, site.type);
  }

  private static @Nullable String bare(@Nullable String host) {
    return host != null && host.startsWith(WWW) ? host.substring(WWW.length()) : host;
  }

  private static @Nullable String source(Map<String, String> query) {
    for (String name : new String[] {"utm_source", "ref", "utm_referrer"}) {
      String value = query.get(name);
      if (value != null && !value.isBlank()) {
        return value.strip();
      }
    }
    return null;
  }

  /** A source may be a name, a host or an address. */
  private static @Nullable Site named(String source) {
    String name = source.toLowerCase(Locale.ROOT);
    Site site = Sites.BY_NAME.get(name);
    if (site != null) {
      return site;
    }
    String host = PageAddress.of(name).host();
    return at(host == null ? name : host);
  }

  /** The longest entry that the host ends with, label by label. */
  private static @Nullable Site at(String host) {
    if (host.length() > LONGEST_HOST) {
      return null;
    }
    for (String end = host; ; ) {
      Site site = Sites.BY_HOST.get(end);
      if (site == null) {
        site = Sites.BY_HOST.get(withoutCountry(end) + ".*");
      }
      int dot = end.indexOf('.');
      if (site != null || dot < 0) {
        return site;
      }
      end = end.substring(dot + 1);
    }
  }

  /** {@code google} of {@code google.com} and of {@code google.co.uk}. */
  private static String withoutCountry(String host) {
    int last = host.lastIndexOf('.');
    int before = host.lastIndexOf('.', last - 1);
    boolean second =
        before > 0
            && host.length() - last == 3
            && SECOND_LEVELS.contains(host.substring(before + 1, last));
    return host.substring(0, second ? before : Math.max(last, 0));
  }
}
