package dev.backspool.postgres;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of one question, all of which must hold, each with its values. Values are an
 * {@link Instant}, a {@link Duration} (bound as ms), an array of UUIDs, texts or longs, or what
 * JDBC takes by itself.
 */
public final class Conditions {
  private final List<String> conditions = new ArrayList<>();
  private final Map<String, Object> values = new HashMap<>();

  /** Adds a condition; its values are named {@code :so} and bound by {@link #bind}. */
  public Conditions add(String condition) {
    conditions.add(condition);
    return this;
  }

  /** Adds a condition with its one value, where there is a value. */
  public Conditions addUnlessNull(String condition, String name, @Nullable Object value) {
    return value == null ? this : add(condition).bind(name, value);
  }

  /** Gives a value to a name. */
  public Conditions bind(String name, Object value) {
    values.put(name, value);
    return this;
  }

  /**
   * The clause, a line.
   *
   * @param more conditions beside those added
   */
  public String where(String... more) {
    var all = new ArrayList<>(conditions);
    all.addAll(List.of(more));
    return "where " + String.join(" and ", all) + "\n";
  }

  /** A statement with the values bound. */
  public Query query(Handle handle, String sql) {
    Query query = handle.createQuery(sql);
    values.forEach((name, value) -> {
      switch (value) {
        case Instant at -> query.bind(name, at.atOffset(ZoneOffset.UTC));
        case Duration duration -> query.bind(name, duration.toMillis());
        case UUID[] ids -> query.bindArray(name, UUID.class, (Object[]) ids);
        case String[] texts -> query.bindArray(name, String.class, (Object[]) texts);
        case Long[] numbers -> query.bindArray(name, Long.class, (Object[]) numbers);
        default -> query.bind(name, value);
      }
    });
    return query;
  }

  /** The pattern for {@code ilike} that finds a text as a part of another. */
  public static String partOf(String text) {
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
  }
}
