package dev.backspool.protocol.uxcam;

import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Cors;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Admission;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.ingest.WriteKey;
import dev.backspool.rrweb.Envelope;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.session.Opener;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * {@code POST /api/snapshots/ingest}: a batch of rrweb events as an LZString-compressed string, a
 * JSON string or a JSON array. Answers {@code {success, snapshot_count, session_id}} once it is
 * committed.
 *
 * <p>The original names no batch, so that a retry looks like a repeat: without a {@code batch_id}
 * the session and the hash of the decoded events name it.
 */
public final class SnapshotUpload {
  private static final int LONGEST_DEVICE_INFO = 4_000;

  private final Ingest ingest;
  private final Bodies bodies;
  private final Bodies.Limits bodyLimits;
  private final Limits eventLimits;

  public SnapshotUpload(
      Ingest ingest, Bodies bodies, Bodies.Limits bodyLimits, Limits eventLimits) {
    this.ingest = ingest;
    this.bodies = bodies;
    this.bodyLimits = bodyLimits;
    this.eventLimits = eventLimits;
  }

  private record Answer(boolean success, int snapshotCount, UUID sessionId) {}

  private record Upload(UploadHead head, EventBlock events, @Nullable JsonNode deviceInfo) {}

  /** Answers the request, refusals in the contract's form. */
  public void post(Context ctx) {
    Cors.allow(ctx);
    @Nullable UUID known = null;
    try {
      Instant received = Instant.now();
      Upload upload;
      try (Body body = bodies.read(ctx, bodyLimits)) {
        // The key is inside the body, so the envelope is read before anyone is admitted.
        Slices slices = open(body);
        Project project = admit(ctx, slices.head());
        known = project.id();
        upload = new Upload(slices.head(), slices.events(eventLimits), slices.deviceInfo());
      }
      store(ctx, known, received, upload);
    } catch (Refusal refusal) {
      if (known != null) {
        ingest.count(known, Source.UXCAM, refusal.reason(), refusal.detail());
      }
      UxcamForm.send(ctx, refusal);
    }
  }

  /** The envelope, and the events where they came as an array. */
  private record Slices(UploadHead head, Envelope envelope, @Nullable EventBlock array) {

    EventBlock events(Limits limits) {
      EventBlock events = array == null ? decoded(limits) : array;
      JsonNode declared = UploadHead.node(envelope, "snapshot_count");
      if (declared == null || !declared.isIntegralNumber()) {
        throw Refusal.field("snapshot_count", "snapshot_count must be a whole number");
      }
      if (declared.asLong() != events.eventCount()) {
        throw Refusal.field(
            "snapshot_count",
            "snapshot_count says "
                + declared.asLong()
                + ", but snapshots holds "
                + events.eventCount()
                + " events");
      }
      if (events.eventCount() == 0) {
        throw Refusal.field("snapshots", "snapshots holds no events");
      }
      return events;
    }

    private EventBlock decoded(Limits limits) {
      JsonNode text = UploadHead.node(envelope, "snapshots");
      if (text == null || !text.isString()) {
        throw Refusal.field(
            "snapshots", "snapshots must be an array of events, or a string that holds one");
      }
      try {
        var reader = new EventReader(limits, Manner.STRICT, "snapshots");
        byte[] json = json(text.asString(), limits.maxBytes());
        reader.readArray(json, 0, json.length);
        return reader.finish();
      } catch (EventsRefused e) {
        throw Refusal.of(e.reason(), e.getMessage(), e.at());
      }
    }

    private static byte[] json(String text, int most) {
      if (text.stripLeading().startsWith("[")) {
        return text.getBytes(StandardCharsets.UTF_8);
      }
      try {
        return LzString.json(text, most);
      } catch (CorruptLzString e) {
        throw Refusal.field("snapshots", "snapshots cannot be decompressed: " + e.getMessage());
      } catch (OversizedLzString e) {
        throw Refusal.of(
            Reason.TOO_LARGE,
            "snapshots inflates to more than " + most + " characters",
            "snapshots");
      }
    }

    @Nullable JsonNode deviceInfo() {
      return UploadHead.node(envelope, "device_info");
    }
  }

  private Slices open(Body body) {
    try {
      var reader = new EventReader(eventLimits, Manner.STRICT, "snapshots");
      Envelope envelope = reader.readObject(body.bytes(), 0, body.length());
      return new Slices(
          UploadHead.of(envelope), envelope, envelope.eventsRead() ? reader.finish() : null);
    } catch (EventsRefused e) {
      throw Refusal.of(e.reason(), e.getMessage(), e.at());
    }
  }

  private Project admit(Context ctx, UploadHead head) {
    var key = new WriteKey.SdkKey(head.sdkKey());
    return switch (ingest.admit(key, Source.UXCAM, ctx.header("Origin"))) {
      case Admission.Admitted admitted -> admitted.project();
      case Admission.Refused refused -> throw UxcamForm.refusal(refused.why());
    };
  }

  private void store(Context ctx, UUID project, Instant received, Upload upload) {
    UploadHead head = upload.head();
    EventBlock events = upload.events();
    String batch = head.batch();
    var chunk =
        new StoreChunk(
            project,
            Source.UXCAM,
            new Opener.Named(head.session()),
            batch == null ? "sha256:" + head.session() + ":" + events.contentHash() : batch,
            head.tab(),
            null,
            received,
            null,
            null,
            visitor(ctx, upload.deviceInfo()),
            events);
    switch (ingest.store(chunk)) {
      case Outcome.Stored stored ->
          Json.send(ctx, new Answer(true, stored.events(), stored.session()));
      case Outcome.Refused refused -> UxcamForm.send(ctx, UxcamForm.refusal(refused));
    }
  }

  private static Visitor visitor(Context ctx, @Nullable JsonNode deviceInfo) {
    Visitor visitor = Visitor.of(ctx.userAgent());
    if (deviceInfo == null || !deviceInfo.isObject()) {
      return visitor;
    }
    JsonNode agent = deviceInfo.get("user_agent");
    if (agent != null && agent.isString()) {
      visitor = visitor.withUserAgent(agent.asString().replace("\0", ""));
    }
    String json = deviceInfo.toString();
    return json.length() > LONGEST_DEVICE_INFO ? visitor : visitor.withDeviceInfo(json);
  }
}
