package dev.backspool.protocol.openpanel;

import dev.backspool.enrich.Agent;
import dev.backspool.enrich.Geo;
import dev.backspool.enrich.PageAddress;
import dev.backspool.enrich.Referrer;
import dev.backspool.event.FlatProperties;
import dev.backspool.event.JsDate;
import dev.backspool.event.Place;
import dev.backspool.event.Row;
import dev.backspool.event.Sender;
import dev.backspool.event.SessionIds;
import dev.backspool.event.Text;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The events that an OpenPanel installation has kept, read one after the other: as rows of its
 * table, one JSON object after the other or in an array, and as the pages {@code {meta, data}} of
 * its export API, one or many. Members are spelled as in the table ({@code device_id}) or as in the
 * API ({@code deviceId}). One row is in memory at a time.
 */
public final class ExportedEvents implements AutoCloseable {
  private final JsonParser p;
  private final FlatProperties properties = new FlatProperties();
  private final Map<String, String> texts = new HashMap<>();
  private long rows;

  /**
   * Reads from a stream.
   *
   * @param json decompressed; closed with this reader
   */
  public ExportedEvents(InputStream json) {
    p = FlatProperties.JSON.createParser(json);
  }

  /** Why a file cannot be read on, in one sentence that names the row. */
  public static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    Unreadable(String sentence) {
      super(sentence);
    }
  }

  /**
   * A row.
   *
   * @param person what the row tells of its profile; null where it tells nothing
   */
  public record Exported(Row.Kept event, Row.@Nullable Identify person) {}

  /**
   * The next row; null at the end.
   *
   * @throws Unreadable when it is no event of such an export
   */
  public @Nullable Exported next() throws Unreadable {
    try {
      for (JsonToken token = p.nextToken(); token != null; token = p.nextToken()) {
        switch (token) {
          case START_OBJECT -> {
            Exported row = row();
            if (row != null) {
              return row;
            }
          }
          case PROPERTY_NAME -> skipMember();
          case START_ARRAY, END_ARRAY, END_OBJECT -> {
            // Of the array of all rows, or of a page.
          }
          default -> throw fault("must be an object");
        }
      }
      return null;
    } catch (JacksonException e) {
      throw fault("cannot be read: " + e.getOriginalMessage());
    }
  }

  /** A member of a page beside its rows; the rows may come after it. */
  private void skipMember() {
    boolean isData = p.currentName().equals("data");
    if (p.nextToken() != JsonToken.START_ARRAY || !isData) {
      p.skipChildren();
    }
  }

  private Unreadable fault(String what) {
    return new Unreadable("Row " + (rows + 1) + " " + what);
  }

  /** The row that the parser stands on; null for a page, whose rows come next. */
  private @Nullable Exported row() throws Unreadable {
    texts.clear();
    properties.clear();
    List<String> groups = List.of();
    Row.Identify person = null;
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      JsonToken token = p.nextToken();
      switch (member) {
        case "data" -> {
          if (token == JsonToken.START_ARRAY) {
            return null;
          }
          p.skipChildren();
        }
        case "properties" -> {
          if (token == JsonToken.START_OBJECT) {
            readProperties();
          }
        }
        case "groups" -> groups = groups(token);
        case "profile" -> person = token == JsonToken.START_OBJECT ? person() : null;
        default -> {
          if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
            texts.put(snakeCase(member), Text.clean(p.getString()));
          } else {
            p.skipChildren();
          }
        }
      }
    }
    if (texts.isEmpty()) {
      return null; // a page without rows
    }
    Exported exported = new Exported(event(groups), person);
    rows++;
    return exported;
  }

  private void readProperties() throws Unreadable {
    for (String name = p.nextName(); name != null; name = p.nextName()) {
      p.nextToken();
      properties.add(name, p);
    }
    if (properties.isOverfull()) {
      throw fault("has properties that come to too much");
    }
  }

  private List<String> groups(JsonToken token) {
    if (token != JsonToken.START_ARRAY) {
      p.skipChildren();
      return List.of();
    }
    var groups = new ArrayList<String>();
    while (p.nextToken() != JsonToken.END_ARRAY) {
      if (p.currentToken() == JsonToken.VALUE_STRING) {
        groups.add(Text.clean(p.getString()));
      } else {
        p.skipChildren();
      }
    }
    return List.copyOf(groups);
  }

  private Row.@Nullable Identify person() {
    var told = new HashMap<String, String>();
    var about = new FlatProperties();
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      JsonToken token = p.nextToken();
      if (member.equals("properties") && token == JsonToken.START_OBJECT) {
        for (String name = p.nextName(); name != null; name = p.nextName()) {
          p.nextToken();
          about.add(name, p);
        }
      } else if (token == JsonToken.VALUE_STRING && !p.getString().isEmpty()) {
        told.put(snakeCase(member), Text.clean(p.getString()));
      } else {
        p.skipChildren();
      }
    }
    String id = told.get("id");
    return id == null
        ? null
        : new Row.Identify(
            new Sender.Imported(null, null, null),
            id,
            told.get("first_name"),
            told.get("last_name"),
            told.get("email"),
            told.get("avatar"),
            about.toMap());
  }

  private Row.Kept event(List<String> groups) throws Unreadable {
    String name = text("name");
    if (name == null) {
      throw fault("has no name");
    }
    String device = text("device_id");
    String profile = text("profile_id");
    var track =
        new Row.Track(
            sender(device),
            name,
            Instant.ofEpochMilli(time()),
            null,
            profile == null || profile.equals(device) ? null : profile,
            groups,
            positive("revenue"),
            place(),
            new Geo(
                text("country"), text("region"), text("city"), real("latitude"), real("longitude")),
            new Agent(
                text("os"),
                text("os_version"),
                text("browser"),
                text("browser_version"),
                text("device"),
                text("brand"),
                text("model")),
            properties.toJson());
    return new Row.Kept(
        track.keyed(key(track)), text("sdk_name"), text("sdk_version"), positive("duration"));
  }

  /** The row's own id; of one without, all that it tells. */
  private String key(Row.Track track) {
    String id = text("id");
    return "openpanel:"
        + (id != null
            ? id
            : UUID.nameUUIDFromBytes(track.toString().getBytes(StandardCharsets.UTF_8)));
  }

  private Sender.Imported sender(@Nullable String device) {
    String session = text("session_id");
    return new Sender.Imported(session == null ? null : session(session), session, device);
  }

  /** The session of an id: both forms that there have been, and any other by its name. */
  private static UUID session(String id) {
    UUID session = SessionIds.parse(id);
    if (session == null && id.length() == 36) {
      try {
        session = UUID.fromString(id);
      } catch (IllegalArgumentException e) {
        // Named by its text, as below.
      }
    }
    return session != null
        ? session
        : UUID.nameUUIDFromBytes(("openpanel:" + id).getBytes(StandardCharsets.UTF_8));
  }

  private Place place() {
    String path = text("path");
    String origin = text("origin");
    var campaign = new HashMap<String, String>();
    properties
        .toMap()
        .forEach((name, value) -> {
          if (name.startsWith("__query.utm_")) {
            campaign.put(name.substring("__query.utm_".length()), value);
          }
        });
    var referrer = new Referrer(text("referrer"), text("referrer_name"), text("referrer_type"));
    return new Place(path == null ? null : PageAddress.of(path).path(), origin, referrer, campaign);
  }

  private long time() throws Unreadable {
    String text = text("created_at");
    OptionalLong ms = text == null ? OptionalLong.empty() : JsDate.parse(text);
    if (ms.isEmpty()) {
      throw fault("has no created_at that is a time");
    }
    return ms.getAsLong();
  }

  /** A text; null where it is empty, as the table spells what is not known. */
  private @Nullable String text(String name) {
    String text = texts.get(name);
    return text == null || text.isEmpty() ? null : text;
  }

  /** A whole number; null for 0, as the table spells what is not there. */
  private @Nullable Long positive(String name) throws Unreadable {
    String text = text(name);
    try {
      long value = text == null ? 0 : (long) Double.parseDouble(text);
      return value == 0 ? null : (Long) value;
    } catch (NumberFormatException e) {
      throw fault("has a " + name + " that is no number");
    }
  }

  private @Nullable Float real(String name) throws Unreadable {
    String text = text(name);
    try {
      return text == null ? null : Float.valueOf(text);
    } catch (NumberFormatException e) {
      throw fault("has a " + name + " that is no number");
    }
  }

  /** {@code device_id} for {@code deviceId}, and itself for what has no capitals. */
  private static String snakeCase(String name) {
    int capital = 0;
    while (capital < name.length() && !Character.isUpperCase(name.charAt(capital))) {
      capital++;
    }
    return capital == name.length()
        ? name
        : name.substring(0, capital)
            + "_"
            + Character.toLowerCase(name.charAt(capital))
            + snakeCase(name.substring(capital + 1));
  }

  @Override
  public void close() {
    p.close();
  }
}
