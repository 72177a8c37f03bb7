package dev.backspool.api;

import dev.backspool.Visitor;
import dev.backspool.recording.SessionSummary;
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
    List<Integer> activity) {

  record DeviceJson(
      @Nullable String browser, @Nullable String os, String type, @Nullable String screen) {}

  record ProfileJson(String id, @Nullable String name, @Nullable String email) {}

  static SessionJson of(SessionSummary session, Devices devices) {
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
