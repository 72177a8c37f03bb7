package dev.backspool.query.sql;

import java.util.Locale;
import java.util.Optional;

/** A unit of time. */
public enum Unit {
  SECOND,
  MINUTE,
  HOUR,
  DAY,
  WEEK,
  MONTH,
  QUARTER,
  YEAR;

  static Optional<Unit> of(String word) {
    String name = word.toUpperCase(Locale.ROOT);
    for (Unit unit : values()) {
      if (name.equals(unit.name()) || name.equals(unit.name() + "S")) {
        return Optional.of(unit);
      }
    }
    return Optional.empty();
  }

  /** As a word, for example {@code day}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
