package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** ClickHouse's types for those of the mappings: how they are named, written and hashed. */
final class Types {
  private static final UUID NOBODY = new UUID(0, 0);

  private Types() {}

  /** The type of a column as ClickHouse's own tables spell it. */
  static String name(Column column) {
    return switch (column.type()) {
      case UUID -> orNull(column, "UUID");
      case TEXT, JSON -> orNull(column, "String");
      case WORD -> "LowCardinality(" + orNull(column, "String") + ")";
      case BOOLEAN -> orNull(column, "Bool");
      case INTEGER -> orNull(column, "Int32");
      case BIGINT -> orNull(column, "Int64");
      case REAL -> orNull(column, "Float32");
      case DOUBLE -> orNull(column, "Float64");
      case TIMESTAMP -> orNull(column, "DateTime64(6, 'UTC')");
      // ClickHouse has no lists that may be absent; an empty one stands for it.
      case TEXTS -> "Array(String)";
    };
  }

  private static String orNull(Column column, String type) {
    return column.nullable() ? "Nullable(" + type + ")" : type;
  }

  /** Writes a value of a column. */
  static void write(RowBinary out, Column column, @Nullable Object value) {
    if (column.type() == Column.Type.TEXTS) {
      List<?> texts = value == null ? List.of() : (List<?>) value;
      out.size(texts.size());
      texts.forEach(text -> out.text((String) text));
      return;
    }
    if (column.nullable()) {
      out.flag(value == null);
      if (value == null) {
        return;
      }
    }
    if (value == null) {
      throw new IllegalArgumentException("no value");
    }
    switch (column.type()) {
      case UUID -> out.uuid((UUID) value);
      case TEXT, WORD, JSON -> out.text((String) value);
      case BOOLEAN -> out.flag((Boolean) value);
      case INTEGER -> out.int32((Integer) value);
      case BIGINT -> out.int64((Long) value);
      case REAL -> out.float32((Float) value);
      case DOUBLE -> out.float64((Double) value);
      case TIMESTAMP -> out.int64(micros((Instant) value));
      case TEXTS -> throw new AssertionError(column);
    }
  }

  /** Writes what a tombstone has in a column: nothing, or what stands for it. */
  static void writeNothing(RowBinary out, Column column) {
    if (column.type() == Column.Type.TEXTS) {
      out.size(0);
      return;
    }
    if (column.nullable()) {
      out.flag(true);
      return;
    }
    switch (column.type()) {
      case UUID -> out.uuid(NOBODY);
      case TEXT, WORD, JSON, TEXTS -> out.size(0);
      case BOOLEAN -> out.flag(false);
      case INTEGER, REAL -> out.int32(0);
      case BIGINT, DOUBLE, TIMESTAMP -> out.int64(0);
    }
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  /**
   * An expression for values one after the other as {@link dev.backspool.sync.KeyRange} spells
   * them.
   */
  static String spelled(List<Column> columns) {
    return Stream.concat(columns.stream().map(Types::spelled), Stream.of("''"))
        .collect(Collectors.joining(", ", "concat(", ")"));
  }

  private static String spelled(Column column) {
    String text = text(column, Sql.name(column.name()));
    String sized = "concat(toString(length(%1$s)), ':', %1$s)".formatted(text);
    return column.nullable() ? "ifNull(%s, '-')".formatted(sized) : sized;
  }

  private static String text(Column column, String name) {
    return switch (column.type()) {
      case TEXT, WORD, JSON, UUID, INTEGER, BIGINT -> "toString(" + name + ")";
      case BOOLEAN ->
          column.nullable()
              ? "multiIf(isNull(%1$s), null, assumeNotNull(%1$s), 't', 'f')".formatted(name)
              : "if(" + name + ", 't', 'f')";
      case REAL, DOUBLE -> "toString(toInt64(round(toFloat64(" + name + ") * 1000000)))";
      case TIMESTAMP -> "toString(toUnixTimestamp64Micro(" + name + "))";
      case TEXTS -> "arrayStringConcat(" + name + ", char(30))";
    };
  }

  /** A value of a key as a literal of its type. */
  static String literal(Column column, Object value) {
    return switch (column.type()) {
      case UUID, TEXT, WORD -> Sql.text(value.toString());
      case INTEGER, BIGINT -> value.toString();
      case TIMESTAMP -> "fromUnixTimestamp64Micro(%d, 'UTC')".formatted(micros((Instant) value));
      case BOOLEAN, REAL, DOUBLE, JSON, TEXTS -> throw noKey(column);
    };
  }

  /** An expression whose text {@link #reader} takes. */
  static String readable(Column column) {
    return text(column, Sql.name(column.name()));
  }

  /** Makes a value of a key of its text. */
  static Function<String, Object> reader(Column column) {
    return switch (column.type()) {
      case UUID -> UUID::fromString;
      case TEXT, WORD -> text -> text;
      case INTEGER -> Integer::valueOf;
      case BIGINT -> Long::valueOf;
      case TIMESTAMP -> text -> Instant.EPOCH.plus(Long.parseLong(text), ChronoUnit.MICROS);
      case BOOLEAN, REAL, DOUBLE, JSON, TEXTS -> throw noKey(column);
    };
  }

  private static IllegalArgumentException noKey(Column column) {
    return new IllegalArgumentException("A " + column.type() + " is no part of a key.");
  }
}
