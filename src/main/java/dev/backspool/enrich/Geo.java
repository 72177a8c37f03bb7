package dev.backspool.enrich;

import org.jspecify.annotations.Nullable;

/**
 * Where an address is used, as far as a list of addresses tells.
 *
 * @param country ISO 3166-1 code of two letters, for example {@code SE}
 * @param region English name of the first subdivision, for example {@code Stockholm County}
 * @param city English name
 * @param latitude degrees, north positive
 * @param longitude degrees, east positive
 */
public record Geo(
    @Nullable String country,
    @Nullable String region,
    @Nullable String city,
    @Nullable Float latitude,
    @Nullable Float longitude) {

  /** Nowhere that is known of. */
  public static final Geo UNKNOWN = new Geo(null, null, null, null, null);
}
