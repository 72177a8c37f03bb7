package dev.backspool.enrich;

import org.jspecify.annotations.Nullable;

/**
 * What led to a page.
 *
 * @param url the address before it, as sent; null when there was none or it was the same site
 * @param name of a known site its name, for example {@code Google}; of another its host, or what
 *     the page's address calls the source
 * @param type {@code search}, {@code ai}, {@code social}, {@code messaging}, {@code email}, {@code
 *     video}, {@code code}, {@code commerce}; null when the site is not on the list
 */
public record Referrer(@Nullable String url, @Nullable String name, @Nullable String type) {
  /** Nothing led there that is known of. */
  public static final Referrer NONE = new Referrer(null, null, null);
}
