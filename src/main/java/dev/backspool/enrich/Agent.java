package dev.backspool.enrich;

import org.jspecify.annotations.Nullable;

/** What a user agent tells of the program and the device. */
public record Agent(
    @Nullable String os,
    @Nullable String osVersion,
    @Nullable String browser,
    @Nullable String browserVersion,
    @Nullable String device,
    @Nullable String brand,
    @Nullable String model) {
  public static final Agent UNKNOWN = new Agent(null, null, null, null, null, null, null);
}
