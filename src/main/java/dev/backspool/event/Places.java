package dev.backspool.event;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.backspool.enrich.PageAddress;
import dev.backspool.enrich.Referrers;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes page addresses and referrers apart. Visitors walk the same pages, so the last ones are
 * kept.
 */
public final class Places {
  private static final int KEPT = 10_000;
  private static final int LONGEST_KEPT = 1_000;
  private static final Known NOWHERE = new Known(Place.UNKNOWN, Map.of());

  /**
   * A place, and what of its address becomes properties.
   *
   * @param properties {@code __query.<name>} and {@code __hash}
   */
  public record Known(Place place, Map<String, String> properties) {}

  private record Key(@Nullable String path, @Nullable String referrer) {
    int length() {
      return (path == null ? 0 : path.length()) + (referrer == null ? 0 : referrer.length());
    }
  }

  private final Referrers referrers;
  private final LoadingCache<Key, Known> known;

  public Places(Referrers referrers) {
    this.referrers = referrers;
    known = Caffeine.newBuilder().maximumSize(KEPT).build(key -> find(key));
  }

  /**
   * A place.
   *
   * @param path address of a page, or a route
   */
  public Known of(@Nullable String path, @Nullable String referrer) {
    if (path == null && referrer == null) {
      return NOWHERE;
    }
    var key = new Key(path, referrer);
    return key.length() > LONGEST_KEPT ? find(key) : known.get(key);
  }

  private Known find(Key key) {
    PageAddress page = PageAddress.of(key.path());
    var properties = new LinkedHashMap<String, String>();
    var campaign = new LinkedHashMap<String, String>();
    page.query()
        .forEach((name, value) -> {
          properties.put("__query." + name, value);
          if (name.startsWith("utm_")) {
            campaign.put(Text.clean(name.substring("utm_".length())), Text.clean(value));
          }
        });
    if (page.hash() != null) {
      properties.put("__hash", page.hash());
    }
    var place = new Place(page.path(), page.origin(), referrers.of(key.referrer(), page), campaign);
    return new Known(place, properties);
  }
}
