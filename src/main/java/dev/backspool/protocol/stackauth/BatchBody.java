package dev.backspool.protocol.stackauth;

import dev.backspool.http.Body;
import dev.backspool.rrweb.Envelope;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.MalformedEvents;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.Slice;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A batch's body, checked against the contract's schema.
 *
 * @param session the browser's session, in lower case
 * @param segment the page load, in lower case
 * @param idAsSent the batch id, spelled as the client did
 * @param resource what a versioned batch says it was made by, a JSON object; null where it says
 *     nothing, or more than is worth keeping
 */
record BatchBody(
    String session,
    String segment,
    String idAsSent,
    Instant sentAt,
    @Nullable String resource,
    EventReader reader) {
  static final int MOST_EVENTS = 5_000;

  /** The last moment that a JavaScript date can be. */
  private static final double LAST_MOMENT = 8.64e15;

  private static final int LONGEST_RESOURCE = 8 * 1024;
  private static final int LONGEST_NUMBER = 40;
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
  private static final Pattern PLAIN_STRING = Pattern.compile("\"([^\"\\\\]*)\"");

  /** The batch id in lower case, so that two spellings of one id are one batch. */
  String id() {
    return idAsSent.toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a body. Its bytes are needed until {@link #events}.
   *
   * @param path of the request, for the message
   * @throws StackFailure naming every field that fails, or the first byte that is not JSON
   */
  static BatchBody read(Body body, Generation generation, Limits limits, String path) {
    var reader = new EventReader(limits, Manner.LENIENT, "events");
    Envelope envelope;
    try {
      envelope = reader.readObject(body.bytes(), 0, body.length());
    } catch (MalformedEvents e) {
      throw StackFailure.unparsableBody("Invalid JSON in the request body: " + e.getMessage());
    } catch (EventsRefused e) {
      throw switch (e.reason()) {
        case TOO_MANY_EVENTS ->
            StackFailure.plain(400, e.reason(), "Too many events (max " + limits.maxEvents() + ")");
        default -> StackFailure.plain(413, e.reason(), e.getMessage());
      };
    }
    var fields = new Fields(envelope);
    String session = fields.id(generation.sessionField());
    String segment = fields.id(generation.segmentField());
    String batch = fields.id("batch_id");
    fields.moment("started_at_ms");
    long sentAt = fields.moment("sent_at_ms");
    String resource = fields.resource();
    fields.events();
    if (!fields.problems.isEmpty()) {
      throw StackFailure.schema(path, fields.problems);
    }
    return new BatchBody(
        session.toLowerCase(Locale.ROOT),
        segment.toLowerCase(Locale.ROOT),
        batch,
        Instant.ofEpochMilli(sentAt),
        resource,
        reader);
  }

  /**
   * The events.
   *
   * @throws StackFailure when there are none
   */
  EventBlock events() {
    EventBlock events = reader.finish();
    if (events.eventCount() == 0) {
      throw StackFailure.badRequest("events must not be empty");
    }
    return events;
  }

  /** Takes the members one by one and notes what is wrong with each. */
  private static final class Fields {
    private final Envelope envelope;
    private final List<String> problems = new ArrayList<>();

    Fields(Envelope envelope) {
      this.envelope = envelope;
    }

    String id(String name) {
      Slice value = defined(name);
      if (value != null) {
        // An id needs no escapes: a string with any is none.
        Matcher text = PLAIN_STRING.matcher(value.length() > 64 ? "" : value.text());
        if (text.matches() && StackIds.isId(text.group(1))) {
          return text.group(1);
        }
        problems.add("body." + name + " must be a UUID");
      }
      return "";
    }

    long moment(String name) {
      Slice value = defined(name);
      if (value != null) {
        double number = number(value);
        if (number >= 0 && number <= LAST_MOMENT && number == Math.rint(number)) {
          return (long) number;
        }
        problems.add("body." + name + " must be an integer from 0 to 8640000000000000");
      }
      return 0;
    }

    /** Versioned batches say their version and what they were made by; both or neither. */
    @Nullable String resource() {
      Slice version = envelope.member("schema_version");
      Slice resource = envelope.member("resource");
      if (version != null && number(version) != 2) {
        problems.add("body.schema_version must be 2");
      }
      if (resource != null && resource.bytes()[resource.from()] != '{') {
        problems.add("body.resource must be an object");
      }
      if (version == null && resource != null) {
        problems.add("body.schema_version must be defined when body.resource is");
      }
      if (version != null && resource == null) {
        problems.add("body.resource must be defined when body.schema_version is");
      }
      return resource == null || resource.length() > LONGEST_RESOURCE ? null : resource.text();
    }

    void events() {
      if (!envelope.eventsRead() && defined("events") != null) {
        problems.add("body.events must be an array");
      }
    }

    private @Nullable Slice defined(String name) {
      Slice value = envelope.member(name);
      if (value == null) {
        problems.add("body." + name + " must be defined");
      }
      return value;
    }

    private static double number(Slice value) {
      String text = value.length() > LONGEST_NUMBER ? "" : value.text();
      return NUMBER.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
    }
  }
}
