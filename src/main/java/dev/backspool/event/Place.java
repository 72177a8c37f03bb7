package dev.backspool.event;

import dev.backspool.enrich.Referrer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where in the app or site an event happened.
 *
 * @param path path of the page, or name of the screen
 * @param origin scheme, host and port of the page
 * @param campaign the {@code utm_*} values of the page's address, without the prefix
 */
public record Place(
    @Nullable String path,
    @Nullable String origin,
    Referrer referrer,
    Map<String, String> campaign) {
  public static final Place UNKNOWN = new Place(null, null, Referrer.NONE, Map.of());
}
