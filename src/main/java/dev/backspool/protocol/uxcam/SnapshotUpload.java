package dev.backspool.protocol.uxcam;

import dev.backspool.Reason;
import dev.backspool.Visitor;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.rrweb.Envelope;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * {@code POST /api/snapshots/ingest}: a batch of rrweb events as an LZString-compressed string, a
 * JSON string or a JSON array. Answers {@code {success, snapshot_count, session_id}} once it is
 * committed.
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

  /** Answers the request, refusals in the contract's form. */
  public void post(Context ctx) {
    UxcamDoor.answer(ingest, ctx, door -> accept(ctx, door));
  }

  private void accept(Context ctx, UxcamDoor door) throws EventsRefused {
    Snapshots snapshots;
    EventBlock events;
    try (Body body = bodies.read(ctx, bodyLimits)) {
      snapshots = open(body);
      door.admit(snapshots.head());
      events = snapshots.events(eventLimits);
    }
    Visitor visitor = visitor(ctx, UploadHead.node(snapshots.envelope(), "device_info"));
    Outcome.Stored stored = door.store(snapshots.head(), visitor, events);
    if (stored != null) {
      Json.send(ctx, new Answer(true, stored.events(), stored.session()));
    }
  }

  private Snapshots open(Body body) throws EventsRefused {
    var reader = new EventReader(eventLimits, Manner.STRICT, "snapshots");
    Envelope envelope = reader.readObject(body.bytes(), 0, body.length());
    return new Snapshots(
        UploadHead.of(envelope), envelope, envelope.eventsRead() ? reader.finish() : null);
  }

  /** The envelope, and the events where they came as an array. */
  private record Snapshots(UploadHead head, Envelope envelope, @Nullable EventBlock array) {

    EventBlock events(Limits limits) throws EventsRefused {
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

    private EventBlock decoded(Limits limits) throws EventsRefused {
      JsonNode text = UploadHead.node(envelope, "snapshots");
      if (text == null || !text.isString()) {
        throw Refusal.field(
            "snapshots", "snapshots must be an array of events, or a string that holds one");
      }
      var reader = new EventReader(limits, Manner.STRICT, "snapshots");
      byte[] json = json(text.asString(), limits.maxBytes());
      reader.readArray(json, 0, json.length);
      return reader.finish();
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
