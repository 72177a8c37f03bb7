package dev.backspool.protocol.backspool;

import dev.backspool.Reason;
import dev.backspool.event.EventNames;
import dev.backspool.event.FlatProperties;
import dev.backspool.event.JsDate;
import dev.backspool.event.Places;
import dev.backspool.event.Text;
import dev.backspool.http.Body;
import dev.backspool.http.Refusal;
import dev.backspool.session.ClockShift;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the body of an upload of events in one pass. Whatever is wrong is a {@link Refusal} that
 * names its field, for example {@code events[3].name}.
 */
final class EventsBody {
  static final int MOST_EVENTS = 2_000;

  private static final Pattern NAME = Pattern.compile("[\\x21-\\x7e]{1,200}");
  private static final int LONGEST_ID = 512;
  private static final int LONGEST_TEXT = 2_000;
  private static final int MOST_GROUPS = 100;
  private static final Duration OLDEST = Duration.ofDays(5);
  private static final Duration AHEAD = Duration.ofSeconds(60);

  private final Places places;
  private final Instant receivedAt;
  private final FlatProperties properties = new FlatProperties();

  private @Nullable String session;
  private @Nullable String device;
  private @Nullable String batch;
  private @Nullable String profileId;
  private @Nullable Instant sentAt;
  private @Nullable Person person;
  private @Nullable Company group;
  private boolean hasEvents;
  private final List<Event> events = new ArrayList<>();

  private EventsBody(Places places, Instant receivedAt) {
    this.places = places;
    this.receivedAt = receivedAt;
  }

  /**
   * What a body says.
   *
   * @param session the SDK's name of the session; null where the server is to find it
   * @param profileId of every event that names no other; null while anonymous
   */
  record Upload(
      @Nullable String session,
      @Nullable String device,
      @Nullable String batch,
      @Nullable String profileId,
      @Nullable Person person,
      @Nullable Company group,
      List<Event> events) {}

  /**
   * An event.
   *
   * @param revenue minor currency units
   * @param properties flat JSON object of strings
   */
  record Event(
      @Nullable String id,
      String name,
      Instant at,
      @Nullable String profileId,
      List<String> groups,
      @Nullable Long revenue,
      Places.Known place,
      String properties) {}

  /** What the member {@code profile} tells of a person. */
  record Person(
      String id,
      @Nullable String firstName,
      @Nullable String lastName,
      @Nullable String email,
      @Nullable String avatar,
      Map<String, String> properties) {}

  /** What the member {@code group} tells of a company or team. */
  record Company(String id, String type, String name, Map<String, String> properties) {}

  /** Reads a body. */
  static Upload read(Body body, Places places, Instant receivedAt) {
    var reading = new EventsBody(places, receivedAt);
    try (JsonParser p = FlatProperties.JSON.createParser(body.bytes(), 0, body.length())) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw Refusal.field("body", "The body must be a JSON object");
      }
      reading.readMembers(p);
      if (p.nextToken() != null) {
        throw Refusal.field("body", "The body must be one JSON object");
      }
    } catch (JacksonException e) {
      throw Refusal.field("body", "The body is not valid JSON: " + e.getOriginalMessage());
    }
    return reading.upload();
  }

  private Upload upload() {
    if (!hasEvents && person == null && group == null) {
      throw Refusal.field("events", "events must be an array of at least one event");
    }
    long shift = ClockShift.atFirstContact(receivedAt, sentAt, null);
    var placed = new ArrayList<Event>(events.size());
    for (int i = 0; i < events.size(); i++) {
      placed.add(at(events.get(i), shift, "events[" + i + "].time"));
    }
    String profile = profileId == null && person != null ? person.id() : profileId;
    return new Upload(session, device, batch, profile, person, group, placed);
  }

  /** Puts an event to the server's time, however wrong the sender's clock is. */
  private Event at(Event event, long shift, String field) {
    Instant at = event.at().plusMillis(event.at().equals(receivedAt) ? 0 : shift);
    if (at.isBefore(receivedAt.minus(OLDEST))) {
      throw Refusal.field(field, field + " must not be more than 5 days ago");
    }
    return new Event(
        event.id(),
        event.name(),
        at.isAfter(receivedAt.plus(AHEAD)) ? receivedAt : at,
        event.profileId(),
        event.groups(),
        event.revenue(),
        event.place(),
        event.properties());
  }

  private void readMembers(JsonParser p) {
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      JsonToken value = p.nextToken();
      if (value == JsonToken.VALUE_NULL) {
        continue;
      }
      switch (member) {
        case "session_id" -> session = name(p, member);
        case "device_id" -> device = name(p, member);
        case "batch_id" -> batch = name(p, member);
        case "profile_id" -> profileId = id(p, member);
        case "sent_at" -> sentAt = time(p, member);
        case "profile" -> person = person(p);
        case "group" -> group = group(p);
        case "events" -> readEvents(p);
        default -> p.skipChildren();
      }
    }
  }

  private void readEvents(JsonParser p) {
    if (p.currentToken() != JsonToken.START_ARRAY) {
      throw Refusal.field("events", "events must be an array");
    }
    while (p.nextToken() != JsonToken.END_ARRAY) {
      if (events.size() == MOST_EVENTS) {
        throw Refusal.of(Reason.TOO_MANY_EVENTS, "events must be at most " + MOST_EVENTS, "events");
      }
      String at = "events[" + events.size() + "]";
      if (p.currentToken() != JsonToken.START_OBJECT) {
        throw Refusal.field(at, at + " must be an object");
      }
      events.add(event(p, at + "."));
      hasEvents = true;
    }
  }

  private Event event(JsonParser p, String at) {
    properties.clear();
    String id = null;
    String name = null;
    Instant time = null;
    String profile = null;
    List<String> groups = List.of();
    Long revenue = null;
    String page = null;
    String referrer = null;
    String title = null;
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      if (p.nextToken() == JsonToken.VALUE_NULL) {
        continue;
      }
      switch (member) {
        case "id" -> id = name(p, at + member);
        case "name" -> name = text(p, at + member);
        case "time" -> time = time(p, at + member);
        case "profile_id" -> profile = id(p, at + member);
        case "groups" -> groups = groups(p, at + member);
        case "revenue" -> revenue = revenue(p, at + member);
        case "url" -> page = text(p, at + member);
        case "path" -> page = page == null ? text(p, at + member) : page;
        case "referrer" -> referrer = text(p, at + member);
        case "title" -> title = text(p, at + member);
        case "properties" -> properties(p, at + member);
        default -> p.skipChildren();
      }
    }
    String fault = name == null ? "must be a string" : EventNames.fault(name);
    if (name == null || fault != null) {
      throw Refusal.field(at + "name", at + "name " + fault);
    }
    if (title != null) {
      properties.put("__title", title);
    }
    Places.Known place = places.of(page, referrer);
    place.properties().forEach(properties::put);
    return new Event(
        id,
        name,
        time == null ? receivedAt : time,
        profile,
        groups,
        revenue,
        place,
        properties.toJson());
  }

  private Person person(JsonParser p) {
    open(p, "profile");
    properties.clear();
    String id = null;
    String firstName = null;
    String lastName = null;
    String email = null;
    String avatar = null;
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      if (p.nextToken() == JsonToken.VALUE_NULL) {
        continue;
      }
      String at = "profile." + member;
      switch (member) {
        case "id" -> id = id(p, at);
        case "first_name" -> firstName = text(p, at);
        case "last_name" -> lastName = text(p, at);
        case "email" -> email = text(p, at);
        case "avatar" -> avatar = text(p, at);
        case "properties" -> properties(p, at);
        default -> p.skipChildren();
      }
    }
    return new Person(
        needed(id, "profile.id"), firstName, lastName, email, avatar, properties.toMap());
  }

  private Company group(JsonParser p) {
    open(p, "group");
    properties.clear();
    String id = null;
    String type = null;
    String name = null;
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      if (p.nextToken() == JsonToken.VALUE_NULL) {
        continue;
      }
      String at = "group." + member;
      switch (member) {
        case "id" -> id = id(p, at);
        case "type" -> type = text(p, at);
        case "name" -> name = text(p, at);
        case "properties" -> properties(p, at);
        default -> p.skipChildren();
      }
    }
    return new Company(
        needed(id, "group.id"),
        needed(type, "group.type"),
        needed(name, "group.name"),
        properties.toMap());
  }

  private static void open(JsonParser p, String field) {
    if (p.currentToken() != JsonToken.START_OBJECT) {
      throw Refusal.field(field, field + " must be an object");
    }
  }

  private static String needed(@Nullable String value, String field) {
    if (value == null || value.isEmpty()) {
      throw Refusal.field(field, field + " must be a string that is not empty");
    }
    return value;
  }

  private void properties(JsonParser p, String field) {
    open(p, field);
    for (String name = p.nextName(); name != null; name = p.nextName()) {
      p.nextToken();
      properties.add(name, p);
    }
    if (properties.isOverfull()) {
      throw Refusal.field(field, field + " " + FlatProperties.OVERFULL);
    }
  }

  /** A name that an SDK makes up. */
  private static String name(JsonParser p, String field) {
    return checkedName(p.currentToken() == JsonToken.VALUE_STRING ? p.getString() : "", field);
  }

  /** A name, checked; it may come from a header. */
  static String checkedName(String name, String field) {
    if (!NAME.matcher(name).matches()) {
      throw Refusal.field(
          field, field + " must be 1 to 200 printable ASCII characters without spaces");
    }
    return name;
  }

  /** An id that the customer gives: any text, or a number. */
  private static String id(JsonParser p, String field) {
    String id =
        switch (p.currentToken()) {
          case VALUE_STRING -> Text.clean(p.getString());
          case VALUE_NUMBER_INT -> p.getString();
          default -> "";
        };
    if (id.isBlank() || id.length() > LONGEST_ID) {
      throw Refusal.field(field, field + " must be a string of 1 to " + LONGEST_ID + " characters");
    }
    return id;
  }

  private static String text(JsonParser p, String field) {
    if (p.currentToken() != JsonToken.VALUE_STRING || p.getStringLength() > LONGEST_TEXT) {
      throw Refusal.field(
          field, field + " must be a string of at most " + LONGEST_TEXT + " characters");
    }
    return Text.clean(p.getString());
  }

  private static List<String> groups(JsonParser p, String field) {
    if (p.currentToken() != JsonToken.START_ARRAY) {
      throw Refusal.field(field, field + " must be an array of strings");
    }
    var groups = new ArrayList<String>();
    while (p.nextToken() != JsonToken.END_ARRAY) {
      if (groups.size() == MOST_GROUPS) {
        throw Refusal.field(field, field + " must be at most " + MOST_GROUPS + " groups");
      }
      groups.add(id(p, field + "[" + groups.size() + "]"));
    }
    return List.copyOf(groups);
  }

  private static Long revenue(JsonParser p, String field) {
    boolean whole =
        p.currentToken() == JsonToken.VALUE_NUMBER_INT
            && p.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    if (!whole || p.getLongValue() < 0) {
      throw Refusal.field(field, field + " must be a whole number of minor units, 0 or more");
    }
    return p.getLongValue();
  }

  private static Instant time(JsonParser p, String field) {
    OptionalLong ms =
        switch (p.currentToken()) {
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> JsDate.of(p.getDoubleValue());
          case VALUE_STRING -> JsDate.parse(p.getString());
          default -> OptionalLong.empty();
        };
    if (ms.isEmpty()) {
      throw Refusal.field(field, field + " must be epoch milliseconds or an ISO-8601 time");
    }
    return Instant.ofEpochMilli(ms.getAsLong());
  }
}
