package dev.backspool.eventday;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.PastEvents.Event;
import dev.backspool.sync.Words;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** The values that a mapping of events has of lines. Members it does not know are passed over. */
final class EventValues {
  private static final JsonFactory JSON = new JsonFactory();

  private final List<Column> columns;
  private final Map<String, Integer> places = new HashMap<>();
  private final Words words = new Words();

  EventValues(Mapping mapping) {
    columns = mapping.columns();
    for (int i = 0; i < columns.size(); i++) {
      places.put(columns.get(i).name(), i);
    }
  }

  /**
   * Reads lines.
   *
   * @param events gets them
   * @throws DamagedDay when one is no event
   */
  void read(byte[] lines, List<Event> events) throws IOException {
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), lines)) {
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        events.add(event(parser, lines));
      }
      if (parser.currentToken() != null) {
        throw new DamagedDay("holds a line that is none of an event", null);
      }
    } catch (JacksonException | IllegalArgumentException wrong) {
      throw new DamagedDay("holds a line that is none of an event", wrong);
    }
  }

  private Event event(JsonParser parser, byte[] lines) throws DamagedDay {
    var values = new @Nullable Object[columns.size()];
    @Nullable Instant receivedAt = null;
    @Nullable Long id = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String member = parser.currentName();
      JsonToken token = parser.nextToken();
      Integer place = places.get(member);
      if (member.equals("id")) {
        id = parser.getLongValue();
      } else if (place == null) {
        parser.skipChildren();
      } else {
        Object value = value(parser, token, columns.get(place).type(), lines);
        values[place] = value;
        if (member.equals("received_at")) {
          receivedAt = (Instant) value;
        }
      }
    }
    if (id == null || receivedAt == null) {
      throw new DamagedDay("holds an event without an id or a time of receipt", null);
    }
    for (int i = 0; i < values.length; i++) {
      Column column = columns.get(i);
      if (values[i] == null && !column.nullable()) {
        values[i] = absent(column);
      }
    }
    return new Event(receivedAt, id, Arrays.asList(values));
  }

  /** Events that belong to no group have no member that says so. */
  private static Object absent(Column column) throws DamagedDay {
    return switch (column.type()) {
      case TEXTS -> List.of();
      case JSON -> "{}";
      default -> throw new DamagedDay("holds an event without " + column.name(), null);
    };
  }

  private @Nullable Object value(
      JsonParser parser, JsonToken token, Column.Type type, byte[] lines) {
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    return switch (type) {
      case UUID -> UUID.fromString(parser.getString());
      case TEXT -> parser.getString();
      case WORD -> words.of(parser.getString());
      case BOOLEAN -> parser.getBooleanValue();
      case INTEGER -> parser.getIntValue();
      case BIGINT -> parser.getLongValue();
      case REAL -> parser.getFloatValue();
      case DOUBLE -> parser.getDoubleValue();
      case TIMESTAMP -> Micros.instant(parser.getString());
      case JSON -> raw(parser, lines);
      case TEXTS -> texts(parser);
    };
  }

  /** As it is spelled. */
  private static String raw(JsonParser parser, byte[] lines) {
    int from = (int) parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    int to = (int) parser.currentLocation().getByteOffset();
    return new String(lines, from, to - from, UTF_8);
  }

  private static List<String> texts(JsonParser parser) {
    var texts = new ArrayList<String>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      texts.add(parser.getString());
    }
    return texts;
  }
}
