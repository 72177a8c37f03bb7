package dev.backspool;

import org.jspecify.annotations.Nullable;

/**
 * Who and what a chunk came from, as far as its contract tells. What is null changes nothing that
 * an earlier chunk told.
 *
 * @param userAgent the browser's own words about itself
 * @param screen width and height in CSS pixels, for example {@code 1280x720}
 * @param deviceInfo what the SDK tells of the device, JSON as it was sent
 * @param profileId the customer's id of the person; null while anonymous
 */
public record Visitor(
    @Nullable String userAgent,
    @Nullable String screen,
    @Nullable String deviceInfo,
    @Nullable String profileId,
    @Nullable String profileName,
    @Nullable String profileEmail) {

  public static final Visitor UNKNOWN = new Visitor(null, null, null, null, null, null);

  public static Visitor of(@Nullable String userAgent) {
    return UNKNOWN.withUserAgent(userAgent);
  }

  public Visitor withUserAgent(@Nullable String userAgent) {
    return new Visitor(userAgent, screen, deviceInfo, profileId, profileName, profileEmail);
  }

  public Visitor withScreen(@Nullable String screen) {
    return new Visitor(userAgent, screen, deviceInfo, profileId, profileName, profileEmail);
  }

  public Visitor withDeviceInfo(@Nullable String deviceInfo) {
    return new Visitor(userAgent, screen, deviceInfo, profileId, profileName, profileEmail);
  }

  public Visitor withProfile(@Nullable String id, @Nullable String name, @Nullable String email) {
    return new Visitor(userAgent, screen, deviceInfo, id, name, email);
  }
}
