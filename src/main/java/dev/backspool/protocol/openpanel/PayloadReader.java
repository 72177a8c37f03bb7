package dev.backspool.protocol.openpanel;

import dev.backspool.event.JsDate;
import dev.backspool.http.Refusal;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads the payloads of all types but {@code track}. Throws a {@link Refusal} for a wrong one. */
final class PayloadReader {
  private static final int LONGEST_PAYLOAD = 2_097_152;
  private static final int LAST_CHUNK = 65_535;
  private static final int LONGEST_SESSION = 64;

  private PayloadReader() {}

  /**
   * A row.
   *
   * @param path where the payload stands, with a dot at its end; empty for a body that is one
   */
  static Draft read(String type, @Nullable JsonNode payload, String path) {
    return switch (type) {
      case "identify" -> identify(Fields.of(payload, path));
      case "increment" -> increment(Fields.of(payload, path), 1);
      case "decrement" -> increment(Fields.of(payload, path), -1);
      case "group" -> group(Fields.of(payload, path));
      case "assign_group" -> assign(Fields.of(payload, path));
      case "replay" -> replay(Fields.of(payload, path));
      case "alias" -> new Draft.Faulty("Alias is not supported");
      default ->
          throw Refusal.field(
              "type",
              "must be track, identify, increment, decrement, group, assign_group or replay");
    };
  }

  static Draft.Identify identify(Fields fields) {
    return new Draft.Identify(
        fields.profile(),
        fields.text("firstName"),
        fields.text("lastName"),
        fields.email(),
        fields.url("avatar"),
        fields.properties());
  }

  private static Draft increment(Fields fields, int sign) {
    String profile = fields.profile();
    String property = fields.id("property");
    JsonNode value = fields.value("value");
    if (value == null) {
      return new Draft.Increment(profile, property, sign);
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() <= 0) {
      throw fields.wrong("value", "must be a whole number above 0");
    }
    return new Draft.Increment(profile, property, sign * value.longValue());
  }

  private static Draft group(Fields fields) {
    return new Draft.DefineGroup(
        fields.id("id"), fields.id("type"), fields.id("name"), fields.properties());
  }

  private static Draft assign(Fields fields) {
    return new Draft.AssignGroups(fields.optionalProfile(), fields.groups("groupIds"));
  }

  private static Draft replay(Fields fields) {
    int chunk = fields.whole("chunk_index", 0, LAST_CHUNK);
    fields.whole("events_count", 1, Integer.MAX_VALUE);
    JsonNode full = fields.value("is_full_snapshot");
    if (full == null || !full.isBoolean()) {
      throw fields.wrong("is_full_snapshot", "must be true or false");
    }
    String startedAt = dateTime(fields, "started_at");
    dateTime(fields, "ended_at");
    JsonNode events = fields.value("payload");
    if (events == null
        || !events.isString()
        || events.stringValue().isEmpty()
        || events.stringValue().length() > LONGEST_PAYLOAD) {
      throw fields.wrong("payload", "must be a string of 1 to " + LONGEST_PAYLOAD + " characters");
    }
    String session = fields.text("sessionId");
    if (session != null && session.length() > LONGEST_SESSION) {
      throw fields.wrong("sessionId", "must be at most " + LONGEST_SESSION + " characters");
    }
    return new Draft.Replay(session, chunk, startedAt, events.stringValue());
  }

  private static String dateTime(Fields fields, String member) {
    String time = fields.text(member);
    if (time == null || !JsDate.isDateTime(time)) {
      throw fields.wrong(member, "must be an ISO-8601 date-time");
    }
    return time;
  }
}
