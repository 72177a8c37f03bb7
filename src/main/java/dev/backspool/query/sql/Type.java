package dev.backspool.query.sql;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A type that a value can be cast to, or that a parameter has.
 *
 * @param precision digits of a decimal, at most 38; 0 of others
 * @param scale digits of a decimal behind the point; 0 of others
 * @param list whether it is a list of such values
 */
public record Type(Kind kind, int precision, int scale, boolean list) {
  /** What kind of value; each store has a name for it. */
  public enum Kind {
    BOOLEAN,
    /** 32 bits. */
    INTEGER,
    /** 64 bits. */
    BIGINT,
    DOUBLE,
    DECIMAL,
    TEXT,
    DATE,
    /** Without a zone, in UTC, to the microsecond. */
    TIMESTAMP,
    UUID
  }

  private static final DateTimeFormatter SQL_TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd HH:mm:ss")
          .appendFraction(java.time.temporal.ChronoField.MICRO_OF_SECOND, 0, 6, true)
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  private static final Map<String, Kind> NAMES = new HashMap<>();

  static {
    name(Kind.BOOLEAN, "boolean", "bool");
    name(
        Kind.INTEGER,
        "integer",
        "int",
        "smallint",
        "tinyint",
        "int8",
        "int16",
        "int32",
        "uint8",
        "uint16");
    name(Kind.BIGINT, "bigint", "int64", "uint32", "uint64");
    name(Kind.DOUBLE, "double", "float", "real", "float32", "float64");
    name(Kind.DECIMAL, "decimal", "numeric");
    name(Kind.TEXT, "text", "varchar", "string");
    name(Kind.DATE, "date", "date32");
    name(Kind.TIMESTAMP, "timestamp", "datetime", "datetime64");
    name(Kind.UUID, "uuid");
  }

  private static void name(Kind kind, String... names) {
    for (String name : names) {
      NAMES.put(name, kind);
    }
  }

  static Type of(Kind kind) {
    return new Type(kind, 0, 0, false);
  }

  /** The kind that a name stands for, in SQL's words or in ClickHouse's. */
  static Optional<Kind> kind(String name) {
    return Optional.ofNullable(NAMES.get(name.toLowerCase(Locale.ROOT)));
  }

  /**
   * A parameter's value in the one form that stores are given it in: numbers and times as text,
   * booleans as {@code true} and {@code false}.
   *
   * @param value as JSON has it: text, a number, a boolean, a list of such for a list; null is none
   * @return null for null; a list where the type is one
   * @throws IllegalArgumentException saying what it must be
   */
  @Nullable Object read(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    if (!list) {
      return readOne(value);
    }
    if (!(value instanceof List<?> all)) {
      throw new IllegalArgumentException("must be a list");
    }
    return all.stream()
        .map(one -> {
          if (one == null) {
            throw new IllegalArgumentException("must not have nulls in it");
          }
          return readOne(one);
        })
        .toList();
  }

  private String readOne(Object value) {
    return switch (kind) {
      case BOOLEAN -> {
        if (value instanceof Boolean flag) {
          yield flag.toString();
        }
        throw new IllegalArgumentException("must be true or false");
      }
      case INTEGER -> whole(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case BIGINT -> whole(value, Long.MIN_VALUE, Long.MAX_VALUE);
      case DOUBLE -> {
        double number = number(value).doubleValue();
        if (!Double.isFinite(number)) {
          throw new IllegalArgumentException("is out of range");
        }
        yield Double.toString(number);
      }
      case DECIMAL -> {
        BigDecimal number = number(value);
        if (number.scale() > scale && number.stripTrailingZeros().scale() > scale) {
          throw new IllegalArgumentException("has more than " + scale + " digits behind the point");
        }
        if (number.precision() - number.scale() > precision - scale) {
          throw new IllegalArgumentException("is out of range");
        }
        yield number.toPlainString();
      }
      case TEXT -> text(value);
      case DATE -> {
        try {
          yield LocalDate.parse(text(value)).toString();
        } catch (DateTimeException e) {
          throw new IllegalArgumentException("must be a day such as 2026-01-31", e);
        }
      }
      case TIMESTAMP -> time(text(value));
      case UUID -> {
        try {
          UUID id = java.util.UUID.fromString(text(value));
          if (id.toString().equalsIgnoreCase(text(value))) {
            yield id.toString();
          }
        } catch (IllegalArgumentException e) {
          // Falls through to the one message.
        }
        throw new IllegalArgumentException("must be a UUID");
      }
    };
  }

  private static String text(Object value) {
    if (value instanceof String text && text.indexOf('\0') < 0) {
      return text;
    }
    throw new IllegalArgumentException("must be text");
  }

  private static BigDecimal number(Object value) {
    if (value instanceof Number number) {
      BigDecimal exact = new BigDecimal(number.toString());
      // Written out, 1e999999999 would fill the memory.
      if (Math.abs((long) exact.precision() - exact.scale()) < 400 && exact.scale() < 1_000) {
        return exact;
      }
    }
    throw new IllegalArgumentException("must be a number");
  }

  private static String whole(Object value, long least, long most) {
    try {
      BigInteger number = number(value).toBigIntegerExact();
      if (number.compareTo(BigInteger.valueOf(least)) >= 0
          && number.compareTo(BigInteger.valueOf(most)) <= 0) {
        return number.toString();
      }
    } catch (ArithmeticException e) {
      // Falls through to the one message.
    }
    throw new IllegalArgumentException("must be a whole number from " + least + " to " + most);
  }

  private static String time(String value) {
    try {
      Instant time =
          value.contains("T")
              ? OffsetDateTime.parse(value).toInstant()
              : LocalDateTime.parse(value, SQL_TIME).toInstant(ZoneOffset.UTC);
      return SQL_TIME.format(LocalDateTime.ofInstant(time, ZoneOffset.UTC));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "must be a time such as 2026-01-31T12:00:00Z or 2026-01-31 12:00:00", e);
    }
  }
}
