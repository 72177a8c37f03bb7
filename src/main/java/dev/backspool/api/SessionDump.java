package dev.backspool.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.backspool.http.Coding;
import dev.backspool.http.Json;
import dev.backspool.project.Projects;
import dev.backspool.recording.Contents;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.Payload;
import dev.backspool.recording.Playback;
import dev.backspool.recording.Reel;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Sessions;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/sessions/{project}/{session}}: a whole session as one JSON document, in the form
 * that clients of the UXCam-like contract read. Written frame by frame, so its size does not matter
 * to the server.
 */
public final class SessionDump {
  private final Projects projects;
  private final Sessions sessions;
  private final Playback playback;
  private final SessionApi api;

  public SessionDump(Projects projects, Sessions sessions, Playback playback, SessionApi api) {
    this.projects = projects;
    this.sessions = sessions;
    this.playback = playback;
    this.api = api;
  }

  record Head(
      UUID id,
      @Nullable String sessionId,
      Instant startTime,
      Instant lastActivityTime,
      long duration,
      long eventCount,
      @JsonRawValue String deviceInfo) {}

  record DeviceInfo(
      @Nullable String browser,
      @Nullable String os,
      String deviceType,
      @Nullable String screen,
      @Nullable String userAgent) {}

  /**
   * A frame, before its events.
   *
   * @param damaged whether its events cannot be read
   * @param reason why: {@code missing}, {@code damaged}, or {@code unavailable} for now
   */
  record Snapshot(
      String id,
      int snapshotCount,
      Instant createdAt,
      boolean isInitialSnapshot,
      boolean damaged,
      @Nullable String reason) {}

  /** Snapshots that are not even known by name: the part of the archive that holds them. */
  record Gap(Instant startTime, Instant endTime, int snapshots, long eventCount, String reason) {}

  /** Answers; the session is named by the SDK's id or by ours. */
  public void get(Context ctx) throws IOException {
    UUID project = ProjectApi.find(projects, ctx).id();
    SessionSummary session = find(project, ctx);
    Coding coding = Coding.of(ctx, Set.of(Coding.GZIP, Coding.IDENTITY));
    coding.describe(ctx);
    ctx.contentType("application/json; charset=utf-8");
    OutputStream plain = ctx.res().getOutputStream();
    try (OutputStream out = coding == Coding.GZIP ? new GZIPOutputStream(plain) : plain) {
      write(out, "{\"session\":");
      out.write(Json.bytes(head(session)));
      write(out, ",\"snapshots\":[");
      Reel reel = playback.reel(project, session.id());
      String before = "";
      for (Frame frame : reel.contents().frames()) {
        write(out, before);
        snapshot(out, reel, frame);
        before = ",";
      }
      write(out, "],\"gaps\":");
      out.write(Json.bytes(reel.contents().unread().stream().map(SessionDump::gap).toList()));
      write(out, "}");
    }
  }

  private static Gap gap(Contents.Unread unread) {
    Part part = unread.part();
    return new Gap(
        part.firstAt(),
        part.lastAt(),
        part.frames(),
        part.events(),
        reason(Fault.of(unread.why())));
  }

  private static String reason(Fault fault) {
    return fault.name().toLowerCase(Locale.ROOT);
  }

  private SessionSummary find(UUID project, Context ctx) {
    Optional<SessionSummary> ours =
        Parameters.id(ctx, "session").flatMap(id -> sessions.byId(project, id));
    return ours.or(() -> sessions.byName(project, ctx.pathParam("session")))
        .orElseThrow(NotThere::session);
  }

  private Head head(SessionSummary session) {
    return new Head(
        session.id(),
        session.name(),
        session.startedAt(),
        session.lastEventAt(),
        session.duration().toMillis(),
        session.events(),
        deviceInfo(session));
  }

  /** What the SDK told, as it told it; where it told nothing, what the user agent tells. */
  private String deviceInfo(SessionSummary session) {
    String told = session.visitor().deviceInfo();
    if (told != null) {
      return told;
    }
    SessionJson.DeviceJson device = api.json(session).device();
    return new String(
        Json.bytes(
            new DeviceInfo(
                device.browser(),
                device.os(),
                device.type(),
                device.screen(),
                session.visitor().userAgent())),
        StandardCharsets.UTF_8);
  }

  private static void snapshot(OutputStream out, Reel reel, Frame frame) throws IOException {
    Optional<Payload> payload;
    @Nullable String reason = null;
    try {
      payload = reel.read(frame);
      if (payload.isEmpty()) {
        reason = reason(Fault.MISSING);
      }
    } catch (IOException unreadable) {
      payload = Optional.empty();
      reason = reason(Fault.of(unreadable));
    }
    byte[] head =
        Json.bytes(
            new Snapshot(
                Long.toString(frame.n()),
                payload.isPresent() ? frame.events() : 0,
                frame.receivedAt(),
                !frame.outline().checkpoints().isEmpty(),
                payload.isEmpty(),
                reason));
    out.write(head, 0, head.length - 1); // The object stays open for its events.
    write(out, ",\"snapshot_data\":");
    if (payload.isPresent()) {
      payload.get().writeArray(out);
    } else {
      write(out, "[]");
    }
    write(out, "}");
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }
}
