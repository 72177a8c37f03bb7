package dev.backspool.event;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Properties as they are stored: nested objects and arrays become dotted keys, every value a text;
 * empty ones are dropped. A text that is an object or array in JSON is taken apart as well, and
 * dropped when it only looks like one. Used again for row after row; of equal keys the last counts.
 *
 * <p>Flat, a small body can become a large one, because every value repeats the names above it. So
 * there is room for a number of characters alone.
 */
public final class FlatProperties {
  /** Reads this contract's JSON, within bounds. */
  public static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(64).build())
                  .build())
          .build();

  /** Characters of all keys and values of a row. */
  public static final int ROOM = 1 << 20;

  /** What a row that is larger is told. */
  public static final String OVERFULL = "must have at most " + ROOM + " characters, names included";

  private static final int LONGEST_KEY = 1_000;
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final Map<String, String> values = new LinkedHashMap<>();
  private final StringBuilder json = new StringBuilder(512);

  private int room = ROOM;

  /** Begins anew. */
  public void clear() {
    clear(ROOM);
  }

  /** Begins anew with room for so many characters. */
  public void clear(int characters) {
    values.clear();
    room = characters;
  }

  /** Whether there was not room for all; what is there then is not to be used. */
  public boolean isOverfull() {
    return room < 0;
  }

  /** Adds the value that the parser stands on, and leaves the parser at its end. */
  public void add(String key, JsonParser p) {
    if (key.length() > LONGEST_KEY) {
      room = -1;
    }
    if (isOverfull()) {
      p.skipChildren();
      return;
    }
    switch (p.currentToken()) {
      case VALUE_STRING -> addText(key, p.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> put(key, p.getString());
      case VALUE_TRUE -> put(key, "true");
      case VALUE_FALSE -> put(key, "false");
      case START_OBJECT -> {
        for (String name = p.nextName(); name != null; name = p.nextName()) {
          p.nextToken();
          add(key + "." + name, p);
        }
      }
      case START_ARRAY -> {
        for (int i = 0; p.nextToken() != JsonToken.END_ARRAY; i++) {
          add(key + "." + i, p);
        }
      }
      default -> {
        // null says nothing
      }
    }
  }

  private void addText(String key, String text) {
    if (looksLikeJson(text)) {
      expand(key, text);
    } else if (!text.isEmpty()) {
      put(key, text);
    }
  }

  private static boolean looksLikeJson(String text) {
    if (text.length() < 2) {
      return false;
    }
    char first = text.charAt(0);
    char last = text.charAt(text.length() - 1);
    return (first == '{' && last == '}') || (first == '[' && last == ']');
  }

  private void expand(String key, String text) {
    var parts = new FlatProperties();
    parts.clear(room);
    try (JsonParser p = JSON.createParser(text)) {
      p.nextToken();
      parts.add(key, p);
      if (p.nextToken() == null) {
        values.putAll(parts.values);
        room = parts.room;
      }
    } catch (JacksonException e) {
      // Only looked like JSON: dropped, as the contract has it.
    }
  }

  /** Sets a value; an empty one is dropped. */
  public void put(String key, String value) {
    String clean = Text.clean(value);
    room -= key.length() + clean.length();
    if (!clean.isEmpty() && !isOverfull()) {
      values.put(Text.clean(key), clean);
    }
  }

  /** The value of a key; null when there is none. */
  public @Nullable String get(String key) {
    return values.get(key);
  }

  /** The value of a key, which is taken out; null when there is none. */
  public @Nullable String take(String key) {
    return values.remove(key);
  }

  /** A copy that stays as it is. */
  public Map<String, String> toMap() {
    return Map.copyOf(values);
  }

  /** The properties as a flat JSON object of strings. */
  public String toJson() {
    json.setLength(0);
    char before = '{';
    for (var entry : values.entrySet()) {
      json.append(before);
      quote(entry.getKey());
      json.append(':');
      quote(entry.getValue());
      before = ',';
    }
    return json.append(before == '{' ? "{}" : "}").toString();
  }

  private void quote(String text) {
    json.append('"');
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\') {
        json.append(text, from, i).append('\\');
        if (c < ' ') {
          json.append("u00").append(HEX[c >> 4]).append(HEX[c & 15]);
        } else {
          json.append(c);
        }
        from = i + 1;
      }
    }
    json.append(text, from, text.length()).append('"');
  }
}
