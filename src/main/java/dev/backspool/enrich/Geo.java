package dev.backspool.enrich;

import org.jspecify.annotations.Nullable;

/** Where an address is. */
public record Geo(
    @Nullable String country,
    @Nullable String region,
    @Nullable String city,
    @Nullable Float latitude,
    @Nullable Float longitude) {
  public static final Geo UNKNOWN = new Geo(null, null, null, null, null);
}
