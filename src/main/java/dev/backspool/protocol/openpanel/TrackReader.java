package dev.backspool.protocol.openpanel;

import dev.backspool.enrich.Agent;
import dev.backspool.event.EventNames;
import dev.backspool.event.FlatProperties;
import dev.backspool.event.JsDate;
import dev.backspool.event.Places;
import dev.backspool.event.Text;
import dev.backspool.http.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

/**
 * Reads the payloads of events in one pass, without a tree: they come by the hundred thousand. Used
 * again for row after row of a request.
 */
final class TrackReader {
  private static final long OLDEST_MS = Duration.ofDays(5).toMillis();
  private static final long AHEAD_MS = Duration.ofSeconds(60).toMillis();
  private static final int LONGEST_DEVICE = 64;
  private static final int LONGEST_KEY = 64;

  /** Characters of the properties of all rows of a request: more than a plain body can hold. */
  private static final int ROOM = 3 * UploadReader.MOST_BATCH_BYTES;

  private final Places places;
  private final Instant receivedAt;
  private final String path;
  private final FlatProperties properties = new FlatProperties();
  private int room = ROOM;

  // What the row at hand says.
  private @Nullable String fault;
  private @Nullable String name;
  private @Nullable String profile;
  private @Nullable String key;
  private @Nullable String device;
  private @Nullable String ip;
  private @Nullable String page;
  private @Nullable String referrer;
  private List<String> groups = List.of();
  private OptionalLong at = OptionalLong.empty();
  private boolean tellsRevenue;
  private boolean tellsAgent;
  private @Nullable Long revenue;
  private Draft.@Nullable Identify identify;

  /**
   * A reader of one request's events.
   *
   * @param path where the payload stands, with a dot at its end; empty for a body that is one
   */
  TrackReader(Places places, Instant receivedAt, String path) {
    this.places = places;
    this.receivedAt = receivedAt;
    this.path = path;
  }

  /** Reads the object that the parser stands on, and leaves the parser at its end. */
  Draft read(JsonParser p) {
    forget();
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      JsonToken token = p.nextToken();
      switch (member) {
        case "name" -> name = text(p, member);
        case "properties" -> {
          if (token == JsonToken.START_OBJECT) {
            readProperties(p);
          } else {
            unlessNull(p, member, "must be an object");
          }
        }
        case "profileId" -> profile = profile(p, member);
        case "groups" -> groups = groups(p, member);
        // Our own: an id by which the same event is stored once.
        case "id", "event_id" -> key = key(p, member);
        // Of the deprecated form, where the time stands beside the properties.
        case "timestamp" -> at = at.isPresent() || !path.isEmpty() ? skipped(p) : time(p);
        default -> p.skipChildren();
      }
    }
    return draft();
  }

  private OptionalLong skipped(JsonParser p) {
    p.skipChildren();
    return at;
  }

  private void forget() {
    properties.clear(Math.min(room, FlatProperties.ROOM));
    fault = null;
    name = null;
    profile = null;
    key = null;
    device = null;
    ip = null;
    page = null;
    referrer = null;
    groups = List.of();
    at = OptionalLong.empty();
    tellsRevenue = false;
    tellsAgent = false;
    revenue = null;
    identify = null;
  }

  /** The first fault counts; the rest of the row is passed over. */
  private void fault(String member, String what) {
    if (fault == null) {
      fault = path + member + ": " + what;
    }
  }

  private void unlessNull(JsonParser p, String member, String what) {
    if (p.currentToken() != JsonToken.VALUE_NULL) {
      fault(member, what);
      p.skipChildren();
    }
  }

  private @Nullable String text(JsonParser p, String member) {
    if (p.currentToken() == JsonToken.VALUE_STRING) {
      return Text.clean(p.getString());
    }
    fault(member, "must be a string");
    p.skipChildren();
    return null;
  }

  private @Nullable String profile(JsonParser p, String member) {
    return switch (p.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> p.getString();
      default -> id(p, member);
    };
  }

  private @Nullable String id(JsonParser p, String member) {
    String id = p.currentToken() == JsonToken.VALUE_STRING ? Text.clean(p.getString()) : "";
    if (!id.isEmpty() && id.length() <= Fields.LONGEST_ID) {
      return id;
    }
    fault(member, "must be a string of 1 to " + Fields.LONGEST_ID + " characters");
    p.skipChildren();
    return null;
  }

  private List<String> groups(JsonParser p, String member) {
    if (p.currentToken() != JsonToken.START_ARRAY) {
      unlessNull(p, member, "must be a list of strings");
      return List.of();
    }
    var read = new ArrayList<String>();
    while (p.nextToken() != JsonToken.END_ARRAY) {
      String group = id(p, member + "." + read.size());
      read.add(group == null ? "" : group);
    }
    return List.copyOf(read);
  }

  private @Nullable String key(JsonParser p, String member) {
    boolean scalar = p.currentToken().isScalarValue();
    String id = scalar && p.currentToken() != JsonToken.VALUE_NULL ? p.getString() : "";
    if (p.currentToken() == JsonToken.VALUE_NULL) {
      return key;
    }
    String clean = Text.clean(id);
    if (clean.isEmpty() || clean.length() > LONGEST_KEY) {
      fault(member, "must be a string of 1 to " + LONGEST_KEY + " characters");
      p.skipChildren();
    }
    return clean;
  }

  /** Epoch ms; empty for what is no time, which then counts as that of the receipt. */
  private static OptionalLong time(JsonParser p) {
    return switch (p.currentToken()) {
      case VALUE_STRING -> JsDate.parse(p.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> JsDate.of(p.getDoubleValue());
      default -> {
        p.skipChildren();
        yield OptionalLong.empty();
      }
    };
  }

  private void readProperties(JsonParser p) {
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      p.nextToken();
      if (member.startsWith("__")) {
        special(member, p);
      } else {
        properties.add(member, p);
      }
    }
  }

  private void special(String member, JsonParser p) {
    switch (member) {
      case "__timestamp" -> at = time(p);
      case "__deviceId" -> device = device(p);
      case "__ip" -> ip = scalar(p);
      case "__path" -> page = scalar(p);
      case "__referrer" -> referrer = scalar(p);
      case "__insertId" -> key = key(p, "properties.__insertId");
      case "__revenue" -> readRevenue(p);
      case "__identify" -> readIdentify(p);
      case "__bot", "__bot_reasons" -> p.skipChildren();
      case "__os",
          "__osVersion",
          "__browser",
          "__browserVersion",
          "__device",
          "__brand",
          "__model" -> {
        tellsAgent = true;
        properties.add(member, p);
      }
      default -> properties.add(member, p);
    }
  }

  private static @Nullable String scalar(JsonParser p) {
    if (p.currentToken() == JsonToken.VALUE_STRING) {
      String text = Text.clean(p.getString()).strip();
      return text.isEmpty() ? null : text;
    }
    p.skipChildren();
    return null;
  }

  private static @Nullable String device(JsonParser p) {
    String id = scalar(p);
    return id == null || id.length() > LONGEST_DEVICE ? null : id;
  }

  private void readRevenue(JsonParser p) {
    if (p.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    tellsRevenue = true;
    revenue =
        p.currentToken() == JsonToken.VALUE_NUMBER_INT
                && p.getNumberType() != JsonParser.NumberType.BIG_INTEGER
            ? Long.valueOf(p.getLongValue())
            : Long.valueOf(-1);
    p.skipChildren();
  }

  private void readIdentify(JsonParser p) {
    JsonNode payload = p.readValueAsTree();
    if (payload.isNull()) {
      return;
    }
    try {
      identify = PayloadReader.identify(Fields.of(payload, path + "properties.__identify."));
    } catch (Refusal refusal) {
      if (fault == null) {
        fault = refusal.field() + ": " + refusal.detail();
      }
    }
  }

  private Draft draft() {
    String wrong = name == null ? "must be a string" : EventNames.fault(name);
    if (wrong != null) {
      fault("name", wrong);
    }
    boolean isRevenue = "revenue".equals(name);
    Long amount = revenue;
    if (isRevenue && amount != null && amount < 0) {
      fault("properties.__revenue", "must be a whole number of minor units, 0 or more");
    }
    if (fault != null || name == null) {
      return new Draft.Faulty(String.valueOf(fault));
    }
    long received = receivedAt.toEpochMilli();
    long ms = at.orElse(received);
    if (ms < received - OLDEST_MS) {
      return new Draft.Faulty("event timestamp older than 5 days");
    }
    if (page == null) {
      page = properties.take("path");
    }
    if (referrer == null) {
      referrer = properties.take("referrer");
    }
    Places.Known place = places.of(page, referrer);
    place.properties().forEach(properties::put);
    if (properties.isOverfull()) {
      return new Draft.Faulty(path + "properties: " + FlatProperties.OVERFULL);
    }
    String flat = properties.toJson();
    room -= flat.length();
    Draft.Identify person = identify;
    return new Draft.Track(
        name,
        ms > received + AHEAD_MS ? receivedAt : Instant.ofEpochMilli(ms),
        key,
        person == null ? profile : person.profile(),
        groups,
        device,
        ip,
        tellsRevenue,
        isRevenue ? amount : null,
        person != null && person.tellsMoreThanTheId() ? person : null,
        place.place(),
        tellsAgent ? agent() : null,
        flat);
  }

  private Agent agent() {
    return new Agent(
        properties.get("__os"),
        properties.get("__osVersion"),
        properties.get("__browser"),
        properties.get("__browserVersion"),
        properties.get("__device"),
        properties.get("__brand"),
        properties.get("__model"));
  }
}
