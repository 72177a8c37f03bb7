package dev.backspool.sync;

/**
 * A column of a mapping, with a name and a type that each sink has a type of its own for.
 *
 * @param name in the sinks, for example {@code started_at}
 * @param nullable whether a row may have no value; a key column never may
 */
public record Column(String name, Type type, boolean nullable) {
  /** What kind of values a column holds, and as what Java object they come. */
  public enum Type {
    /** {@link java.util.UUID}. */
    UUID,
    /** {@link String}. */
    TEXT,
    /** {@link String}, of few different values: names, countries, kinds. */
    WORD,
    /** {@link Boolean}. */
    BOOLEAN,
    /** {@link Integer}. */
    INTEGER,
    /** {@link Long}. */
    BIGINT,
    /** {@link Float}. */
    REAL,
    /** {@link Double}. */
    DOUBLE,
    /** {@link java.time.Instant}, to the microsecond. */
    TIMESTAMP,
    /** {@link String} that holds JSON, kept as it is spelled. */
    JSON,
    /** {@link java.util.List} of {@link String}. */
    TEXTS
  }

  /** A column that always has a value. */
  public static Column of(String name, Type type) {
    return new Column(name, type, false);
  }

  /** A column that may be without one. */
  public static Column nullable(String name, Type type) {
    return new Column(name, type, true);
  }
}
