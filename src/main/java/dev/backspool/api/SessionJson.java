package dev.backspool.api;

import dev.backspool.Visitor;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Tracking;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A session as the API shows it. */
record SessionJson(
    UUID id,
    @Nullable String sessionId,
    String source,
    Instant startedAt,
    Instant lastEventAt,
    long durationMs,
    boolean live,
    long eventCount,
    int chunkCount,
    int tabCount,
    int pageCount,
    int clickCount,
    int inputCount,
    int errorCount,
    long rawBytes,
    long storedBytes,
    @Nullable String firstPage,
    @Nullable String lastPage,
    boolean hasFullSnapshot,
    DeviceJson device,
    @Nullable ProfileJson profile,
    boolean hasRecording,
    @Nullable String deviceId,
    @Nullable Instant trackedFrom,
    @Nullable Instant trackedUntil,
    @Nullable Instant endedAt,
    long trackedCount,
    int screenViewCount,
    @Nullable Boolean bounce,
    long revenue,
    List<String> groups,
    @Nullable String entryPath,
    @Nullable String exitPath,
    @Nullable String referrer,
    @Nullable String referrerName,
    @Nullable String referrerType,
    @Nullable String country,
    @Nullable String city,
    @Nullable Instant keptAt,
    List<Integer> activity) {

  record DeviceJson(
      @Nullable String browser, @Nullable String os, String type, @Nullable String screen) {}

  record ProfileJson(String id, @Nullable String name, @Nullable String email) {}

  static SessionJson of(SessionSummary session, Devices devices) {
    Tracking tracking = session.tracking();
    return new SessionJson(
        session.id(),
        session.name(),
        session.source(),
        session.startedAt(),
        session.lastEventAt(),
        session.duration().toMillis(),
        session.live(),
        session.events(),
        session.chunks(),
        session.tabs(),
        session.pages(),
        session.clicks(),
        session.inputs(),
        session.errors(),
        session.rawBytes(),
        session.storedBytes(),
        session.firstPage(),
        session.lastPage(),
        session.hasFullSnapshot(),
        device(session.visitor(), devices),
        profile(session.visitor()),
        session.chunks() > 0,
        tracking.deviceId(),
        tracking.from(),
        tracking.until(),
        tracking.endedAt(),
        tracking.events(),
        tracking.screenViews(),
        tracking.bounce(),
        tracking.revenue(),
        tracking.groups(),
        tracking.entryPath(),
        tracking.exitPath(),
        tracking.referrer().url(),
        tracking.referrer().name(),
        tracking.referrer().type(),
        tracking.country(),
        tracking.city(),
        session.keptAt(),
        session.activity());
  }

  private static DeviceJson device(Visitor visitor, Devices devices) {
    Devices.Device device = devices.of(visitor.userAgent());
    return new DeviceJson(device.browser(), device.os(), device.type(), visitor.screen());
  }

  /** Who has no id of the customer's, but a name or an address, is known by that. */
  private static @Nullable ProfileJson profile(Visitor visitor) {
    String name = visitor.profileName();
    String email = visitor.profileEmail();
    String id = visitor.profileId();
    String known = id != null ? id : email != null ? email : name;
    return known == null ? null : new ProfileJson(known, name, email);
  }
}
