package dev.backspool.eventday;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * An event as a line of JSON, as a project file has it (see {@code docs/project-file.md}), and what
 * of it tells where it belongs.
 *
 * @param json the line, with its end
 * @param receivedAt to the microsecond
 * @param session the id of its session; null where it has none
 * @param device the sender's device; null where nothing names one
 * @param profile who did it; the device while anonymous
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record EventLine(
    byte[] json,
    Instant receivedAt,
    long id,
    String name,
    @Nullable String session,
    @Nullable String device,
    @Nullable String profile) {

  /** The order in which days hold them. */
  public static final Comparator<EventLine> ORDER =
      Comparator.comparing(EventLine::receivedAt).thenComparingLong(EventLine::id);

  private static final JsonFactory JSON = new JsonFactory();

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException when it is no event
   */
  public static EventLine of(byte[] json) {
    @Nullable Instant receivedAt = null;
    @Nullable Long id = null;
    String name = "";
    @Nullable String session = null;
    @Nullable String device = null;
    @Nullable String profile = null;
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("not an event: no object");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String member = parser.currentName();
        parser.nextToken();
        switch (member) {
          case "id" -> id = parser.getLongValue();
          case "received_at" -> receivedAt = Micros.instant(parser.getString());
          case "name" -> name = parser.getString();
          case "session_id" -> session = parser.getString();
          case "device_id" -> device = parser.getString();
          case "profile_id" -> profile = parser.getString();
          default -> parser.skipChildren();
        }
      }
    } catch (JacksonException damaged) {
      throw new IllegalArgumentException("not an event: no JSON", damaged);
    }
    if (receivedAt == null || id == null) {
      throw new IllegalArgumentException("not an event: no id or time of receipt");
    }
    return new EventLine(json, receivedAt, id, name, session, device, profile);
  }

  /** Whether it names a person, and not only a device. */
  public boolean isNamed() {
    return profile != null && !profile.equals(device);
  }

  /** Whether the server made it of a session's start or end. */
  public boolean isBound() {
    return name.equals("session_start") || name.equals("session_end");
  }

  /** The same without its session. */
  public EventLine withoutSession() {
    var line = new ByteArrayOutputStream(json.length);
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json);
        JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), line)) {
      parser.nextToken();
      out.writeStartObject();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String member = parser.currentName();
        JsonToken value = parser.nextToken();
        int from = (int) parser.currentTokenLocation().getByteOffset();
        if (value.isStructStart()) {
          parser.skipChildren();
        } else {
          parser.finishToken();
        }
        int to = (int) parser.currentLocation().getByteOffset();
        if (!member.equals("session_id")) {
          out.writeName(member);
          out.writeRawValue(
              new String(json, from, to - from, java.nio.charset.StandardCharsets.UTF_8));
        }
      }
      out.writeEndObject();
    }
    line.write('\n');
    return new EventLine(line.toByteArray(), receivedAt, id, name, null, device, profile);
  }
}
