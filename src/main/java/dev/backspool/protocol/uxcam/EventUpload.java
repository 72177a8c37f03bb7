package dev.backspool.protocol.uxcam;

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
import java.io.ByteArrayOutputStream;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code POST /api/events/ingest}: what the page's code reports beside the recording, such as
 * {@code page_view} or an event of the customer's own. Answers {@code {success, events_processed}}
 * once they are committed.
 *
 * <p>They are kept in the session's recording as rrweb custom events (type 5, the event's type as
 * the tag and its data as the payload): the player shows them in place, and an export holds them.
 */
public final class EventUpload {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int CUSTOM = 5;
  private static final int LONGEST_TYPE = 200;

  private final Ingest ingest;
  private final Bodies bodies;
  private final Bodies.Limits bodyLimits;
  private final Limits eventLimits;

  public EventUpload(Ingest ingest, Bodies bodies, Bodies.Limits bodyLimits, Limits eventLimits) {
    this.ingest = ingest;
    this.bodies = bodies;
    this.bodyLimits = bodyLimits;
    this.eventLimits = eventLimits;
  }

  private record Answer(boolean success, int eventsProcessed) {}

  /** Answers the request, refusals in the contract's form. */
  public void post(Context ctx) {
    UxcamDoor.answer(ingest, ctx, door -> accept(ctx, door));
  }

  private void accept(Context ctx, UxcamDoor door) throws EventsRefused {
    UploadHead head;
    EventBlock events;
    try (Body body = bodies.read(ctx, bodyLimits)) {
      // No member has this name, so that every one comes back as it was sent.
      var reader = new EventReader(eventLimits, Manner.STRICT, "");
      Envelope envelope = reader.readObject(body.bytes(), 0, body.length());
      head = UploadHead.of(envelope);
      door.admit(head);
      byte[] custom = customEvents(UploadHead.node(envelope, "events"));
      events = EventReader.block(custom, eventLimits, Manner.STRICT);
    }
    Outcome.Stored stored = door.store(head, Visitor.of(ctx.userAgent()), events);
    if (stored != null) {
      Json.send(ctx, new Answer(true, stored.events()));
    }
  }

  /** The contract's events as lines of rrweb custom events. */
  private static byte[] customEvents(@Nullable JsonNode events) {
    if (events == null || !events.isArray() || events.isEmpty()) {
      throw Refusal.field("events", "events must be an array of at least one event");
    }
    var lines = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(lines)) {
      json.writeStartArray();
      for (int i = 0; i < events.size(); i++) {
        JsonNode event = events.get(i);
        json.writeStartObject();
        json.writeNumberProperty("type", CUSTOM);
        json.writeNumberProperty("timestamp", time(event, "events[" + i + "].timestamp"));
        json.writeObjectPropertyStart("data");
        json.writeStringProperty("tag", type(event, "events[" + i + "].type"));
        json.writeName("payload");
        JsonNode data = event.get("data");
        if (data == null) {
          json.writeNull();
        } else {
          json.writePOJO(data);
        }
        json.writeEndObject();
        json.writeEndObject();
      }
      json.writeEndArray();
    } catch (JacksonException e) {
      throw Refusal.field("events", "events cannot be read: " + e.getOriginalMessage());
    }
    return lines.toByteArray();
  }

  private static String type(JsonNode event, String field) {
    JsonNode type = event.get("type");
    if (type == null
        || !type.isString()
        || type.asString().isEmpty()
        || type.asString().length() > LONGEST_TYPE) {
      throw Refusal.field(field, field + " must be a string of 1 to 200 characters");
    }
    return type.asString();
  }

  private static long time(JsonNode event, String field) {
    JsonNode time = event.get("timestamp");
    if (time != null && time.isNumber() && Double.isFinite(time.asDouble())) {
      return time.asLong((long) time.asDouble());
    }
    if (time != null && time.isString()) {
      try {
        return OffsetDateTime.parse(time.asString()).toInstant().toEpochMilli();
      } catch (DateTimeException e) {
        // Falls through to the one message for everything that is no time.
      }
    }
    throw Refusal.field(field, field + " must be epoch milliseconds or an ISO-8601 time");
  }
}
