package dev.backspool.enrich;

import org.jspecify.annotations.Nullable;

/** Tells where an address is used. */
public interface GeoIp {
  /** Knows no place. */
  GeoIp NONE = ip -> Geo.UNKNOWN;

  /**
   * The place of an address; never throws.
   *
   * @param ip IPv4 or IPv6 in letters; null and what is no address are {@link Geo#UNKNOWN}
   */
  Geo of(@Nullable String ip);
}
