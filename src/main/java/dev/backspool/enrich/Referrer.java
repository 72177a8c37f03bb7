package dev.backspool.enrich;

import org.jspecify.annotations.Nullable;

/** Where a visitor came from. */
public record Referrer(@Nullable String url, @Nullable String name, @Nullable String type) {
  public static final Referrer NONE = new Referrer(null, null, null);
}
