package dev.backspool.query;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What somebody asks.
 *
 * @param sql one SELECT over the project's views
 * @param parameters values by name, as JSON has them: text, numbers, booleans, lists, null
 * @param most how long it may take
 */
public record Question(String sql, Map<String, @Nullable Object> parameters, Duration most) {
  /** The shortest time that may be asked for. */
  public static final Duration SHORTEST = Duration.ofSeconds(1);

  /** The longest. */
  public static final Duration LONGEST = Duration.ofMinutes(2);

  /** How long a query may take that does not say. */
  public static final Duration USUAL = Duration.ofSeconds(10);

  private static final int MOST_PARAMETERS = 200;

  /** A field of a question that is wrong. Expected, so without a stack trace. */
  public static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String field;

    private Malformed(String field, String what) {
      super(field + " " + what, null, false, false);
      this.field = field;
    }

    /** Where it stands, for example {@code params.name}. */
    public String field() {
      return field;
    }
  }

  /**
   * Reads {@code {query, params, timeout_ms}}; the last two may be missing.
   *
   * @throws Malformed naming the field that is wrong
   */
  public static Question of(JsonNode body) {
    if (!body.isObject()) {
      throw new Malformed("body", "must be an object");
    }
    JsonNode sql = body.path("query");
    if (!sql.isString() || sql.stringValue().isBlank()) {
      throw new Malformed("query", "must be text with a SELECT");
    }
    return new Question(
        sql.stringValue(), parameters(body.path("params")), most(body.path("timeout_ms")));
  }

  private static Duration most(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return USUAL;
    }
    long least = SHORTEST.toMillis();
    long most = LONGEST.toMillis();
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < least
        || value.longValue() > most) {
      throw new Malformed("timeout_ms", "must be a whole number from " + least + " to " + most);
    }
    return Duration.ofMillis(value.longValue());
  }

  private static Map<String, @Nullable Object> parameters(JsonNode params) {
    var values = new HashMap<String, @Nullable Object>();
    if (params.isMissingNode() || params.isNull()) {
      return values;
    }
    if (!params.isObject() || params.size() > MOST_PARAMETERS) {
      throw new Malformed("params", "must be an object of at most " + MOST_PARAMETERS + " values");
    }
    params
        .properties()
        .forEach(entry -> values.put(entry.getKey(), plain(entry.getKey(), entry.getValue())));
    return values;
  }

  private static @Nullable Object plain(String name, JsonNode value) {
    if (value.isNull()) {
      return null;
    }
    if (value.isString()) {
      return value.stringValue();
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isNumber()) {
      return value.numberValue();
    }
    if (value.isArray()) {
      var list = new ArrayList<@Nullable Object>();
      value.forEach(each -> list.add(plain(name, each)));
      return list;
    }
    throw new Malformed("params." + name, "must be text, a number, true, false, null or a list");
  }
}
