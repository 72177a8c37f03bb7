package dev.backspool.protocol.uxcam;

import dev.backspool.enrich.Referrers;
import dev.backspool.enrich.Sighting;
import dev.backspool.event.EventNames;
import dev.backspool.event.Events;
import dev.backspool.event.FlatProperties;
import dev.backspool.event.JsDate;
import dev.backspool.event.Places;
import dev.backspool.event.Row;
import dev.backspool.event.Sender;
import dev.backspool.event.Text;
import dev.backspool.event.TypedEvent;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Ingest;
import dev.backspool.rrweb.Envelope;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.session.ClockShift;
import dev.backspool.session.Opener;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * {@code POST /api/events/ingest}: what the page's code reports beside the recording, such as
 * {@code page_view} or an event of the customer's own. Answers {@code {success, events_processed}}
 * once they are committed, a retry as the first time.
 *
 * <p>They are events of the session of the recording with the same {@code session_id}. Page views
 * become {@code screen_view}, which the dashboards count; see {@link TypedEvent}.
 */
public final class EventUpload {
  private final Events events;
  private final Ingest ingest;
  private final Bodies bodies;
  private final Bodies.Limits bodyLimits;
  private final Limits eventLimits;
  private final Sighting.Eyes eyes;
  private final Places places;

  /** The contract over the core. */
  public EventUpload(
      Events events,
      Ingest ingest,
      Bodies bodies,
      Bodies.Limits bodyLimits,
      Limits eventLimits,
      Sighting.Eyes eyes,
      Referrers referrers) {
    this.events = events;
    this.ingest = ingest;
    this.bodies = bodies;
    this.bodyLimits = bodyLimits;
    this.eventLimits = eventLimits;
    this.eyes = eyes;
    this.places = new Places(referrers);
  }

  private record Answer(boolean success, int eventsProcessed) {}

  /** Answers the request, refusals in the contract's form. */
  public void post(Context ctx) {
    UxcamDoor.answer(ingest, ctx, door -> accept(ctx, door));
  }

  private void accept(Context ctx, UxcamDoor door) throws EventsRefused {
    UploadHead head;
    JsonNode sent;
    try (Body body = bodies.read(ctx, bodyLimits)) {
      // No member has this name, so that every one is in the envelope.
      var reader = new EventReader(eventLimits, Manner.STRICT, "");
      Envelope envelope = reader.readObject(body.bytes(), 0, body.length());
      head = UploadHead.of(envelope);
      door.admit(head);
      sent = UploadHead.node(envelope, "events");
    }
    List<TypedEvent> typed = read(sent, door.received());
    Sighting sighting = eyes.of(ctx::header, ctx.req().getRemoteAddr());
    List<Row> rows = rows(head, door, sighting, typed, sent);
    if (door.store(events, sighting, rows)) {
      Json.send(ctx, new Answer(true, typed.size()));
    }
  }

  private List<Row> rows(
      UploadHead head,
      UxcamDoor door,
      Sighting sighting,
      List<TypedEvent> typed,
      @Nullable JsonNode sent) {
    String device =
        events.devices().of(door.project(), sighting.userAgent(), sighting.ip()).current();
    var sender = new Sender.Named(new Opener.Named(head.session()), device);
    String batch = head.batch();
    String upload =
        batch == null ? hash(head.session(), String.valueOf(sent)) : head.session() + ":" + batch;
    var rows = new ArrayList<Row>(typed.size());
    for (int i = 0; i < typed.size(); i++) {
      rows.add(typed.get(i).row(sender, "uxcam:" + upload + ":" + i, null, places, sighting));
    }
    return rows;
  }

  /** Names an upload that does not name itself, as the original's never do. */
  private static String hash(String session, String events) {
    try {
      byte[] bytes = (session + "\n" + events).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<TypedEvent> read(@Nullable JsonNode sent, Instant received) {
    if (sent == null || !sent.isArray() || sent.isEmpty()) {
      throw Refusal.field("events", "events must be an array of at least one event");
    }
    if (sent.size() > eventLimits.maxEvents()) {
      throw Refusal.field(
          "events", "events must be at most " + eventLimits.maxEvents() + " events");
    }
    var typed = new ArrayList<TypedEvent>(sent.size());
    for (int i = 0; i < sent.size(); i++) {
      JsonNode event = sent.get(i);
      String at = "events[" + i + "].";
      long ms = time(event, at + "timestamp");
      var read =
          new TypedEvent(
              type(event, at + "type"),
              Instant.ofEpochMilli(ClockShift.clamp(ms, received)),
              event.get("data"));
      if (!read.fits()) {
        throw Refusal.field(at + "data", at + "data " + FlatProperties.OVERFULL);
      }
      typed.add(read);
    }
    return typed;
  }

  private static String type(JsonNode event, String field) {
    JsonNode type = event.get("type");
    String name = type != null && type.isString() ? Text.clean(type.stringValue()) : "";
    String fault = EventNames.fault(name);
    if (fault != null) {
      throw Refusal.field(field, field + " " + fault);
    }
    return name;
  }

  private static long time(JsonNode event, String field) {
    JsonNode time = event.get("timestamp");
    OptionalLong ms =
        time == null
            ? OptionalLong.empty()
            : time.isNumber()
                ? JsDate.of(time.asDouble())
                : time.isString() ? JsDate.parse(time.stringValue()) : OptionalLong.empty();
    if (ms.isEmpty()) {
      throw Refusal.field(field, field + " must be epoch milliseconds or an ISO-8601 time");
    }
    return ms.getAsLong();
  }
}
