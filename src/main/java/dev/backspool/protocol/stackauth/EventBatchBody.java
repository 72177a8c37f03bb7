package dev.backspool.protocol.stackauth;

import dev.backspool.Reason;
import dev.backspool.event.EventNames;
import dev.backspool.event.FlatProperties;
import dev.backspool.event.TypedEvent;
import dev.backspool.http.Body;
import dev.backspool.session.ClockShift;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A tracker's batch, checked against the contract's schema.
 *
 * @param segment the page load, in lower case
 * @param id in lower case, so that two spellings of one id are one batch
 * @param events by the server's clock
 */
record EventBatchBody(String segment, String id, List<TypedEvent> events) {
  private static final int MOST_EVENTS = 500;

  /** The last moment that a JavaScript date can be. */
  private static final double LAST_MOMENT = 8.64e15;

  private static final int REPLACEMENT = 0xfffd;

  /**
   * Reads a body.
   *
   * @param path of the request, for the message
   * @throws StackFailure naming every field that fails, or that the body is not JSON
   */
  static EventBatchBody read(Body body, Instant received, String path) {
    JsonNode root;
    try {
      root = FlatProperties.JSON.readTree(body.bytes(), 0, body.length());
    } catch (JacksonException e) {
      throw StackFailure.unparsableBody(
          "Invalid JSON in the request body: " + e.getOriginalMessage());
    }
    return new Reading(received).read(root, path);
  }

  /** Takes the members one by one and notes what is wrong with each. */
  private static final class Reading {
    private final Instant received;
    private final List<String> problems = new ArrayList<>();

    Reading(Instant received) {
      this.received = received;
    }

    EventBatchBody read(JsonNode root, String path) {
      String segment = id(root, "session_replay_segment_id");
      String id = id(root, "batch_id");
      long sentAt = moment(root, "body.", "sent_at_ms");
      List<TypedEvent> events = events(root, sentAt);
      if (!problems.isEmpty()) {
        throw StackFailure.schema(path, problems);
      }
      return new EventBatchBody(segment, id, events);
    }

    private String id(JsonNode root, String name) {
      JsonNode value = root.get(name);
      String text = value != null && value.isString() ? value.stringValue() : "";
      if (!StackIds.isId(text)) {
        problems.add("body." + name + " must be a UUID");
      }
      return text.toLowerCase(Locale.ROOT);
    }

    private long moment(JsonNode node, String path, String name) {
      JsonNode value = node.get(name);
      double ms = value != null && value.isNumber() ? value.asDouble() : -1;
      if (ms < 0 || ms > LAST_MOMENT || ms != Math.rint(ms)) {
        problems.add(path + name + " must be an integer from 0 to 8640000000000000");
      }
      return (long) ms;
    }

    private List<TypedEvent> events(JsonNode root, long sentAt) {
      JsonNode sent = root.get("events");
      if (sent == null || !sent.isArray()) {
        problems.add("body.events must be an array");
        return List.of();
      }
      if (sent.isEmpty()) {
        problems.add("body.events must not be empty");
      }
      if (sent.size() > MOST_EVENTS) {
        throw StackFailure.plain(
            400, Reason.TOO_MANY_EVENTS, "Too many events (max " + MOST_EVENTS + ")");
      }
      long shift = ClockShift.atFirstContact(received, Instant.ofEpochMilli(sentAt), null);
      var events = new ArrayList<TypedEvent>(sent.size());
      for (int i = 0; i < sent.size(); i++) {
        JsonNode event = sent.get(i);
        String path = "body.events[" + i + "].";
        String type = type(event, path);
        long at = moment(event, path, "event_at_ms");
        JsonNode data = event.get("data");
        var read =
            new TypedEvent(
                type,
                Instant.ofEpochMilli(ClockShift.clamp(at + shift, received)),
                data == null ? null : mended(data));
        if (!read.fits()) {
          problems.add(path + "data " + FlatProperties.OVERFULL);
        }
        events.add(read);
      }
      return events;
    }

    private String type(JsonNode event, String path) {
      JsonNode value = event.get("event_type");
      String type = value != null && value.isString() ? mended(value.stringValue()) : "";
      String fault = EventNames.fault(type);
      if (fault != null) {
        problems.add(path + "event_type " + fault);
      }
      return type;
    }
  }

  /** The same with a replacement character for every surrogate that stands alone. */
  private static JsonNode mended(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        ObjectNode mended = JsonNodeFactory.instance.objectNode();
        object.forEachEntry((name, value) -> mended.set(mended(name), mended(value)));
        yield mended;
      }
      case ArrayNode array -> {
        ArrayNode mended = JsonNodeFactory.instance.arrayNode(array.size());
        array.forEach(value -> mended.add(mended(value)));
        yield mended;
      }
      default ->
          node.isString() ? JsonNodeFactory.instance.stringNode(mended(node.stringValue())) : node;
    };
  }

  private static String mended(String text) {
    if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      return text;
    }
    var mended = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? REPLACEMENT : c)
        .forEach(mended::appendCodePoint);
    return mended.toString();
  }
}
