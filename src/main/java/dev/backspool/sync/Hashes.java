package dev.backspool.sync;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The hashes of {@link KeyRange} in PostgreSQL's words. */
public final class Hashes {
  private Hashes() {}

  /**
   * The hash of a row, a bigint.
   *
   * @param value a column's expression
   */
  public static String row(List<Column> columns, Function<Column, String> value) {
    return "('x' || left(md5(%s), 16))::bit(64)::bigint".formatted(text(columns, value));
  }

  /** The hash of a key, a bigint from 0 on. */
  public static String key(List<Column> columns, Function<Column, String> value) {
    return "('x' || left(md5(%s), 8))::bit(32)::bigint".formatted(text(columns, value));
  }

  /** A key that names nobody, a uuid. */
  public static String nameless(List<Column> columns, Function<Column, String> value) {
    return "md5(%s)::uuid".formatted(text(columns, value));
  }

  private static String text(List<Column> columns, Function<Column, String> value) {
    return columns.stream()
        .map(column -> text(column.type(), value.apply(column)))
        .map("coalesce(octet_length(%1$s) || ':' || %1$s, '-')"::formatted)
        .collect(Collectors.joining(" || "));
  }

  private static String text(Column.Type type, String value) {
    return switch (type) {
      case TEXT, WORD -> value;
      case UUID, JSON, INTEGER, BIGINT -> "(%s)::text".formatted(value);
      case BOOLEAN -> "case %s when true then 't' when false then 'f' end".formatted(value);
      case REAL, DOUBLE -> "round((%s)::double precision * 1000000)::bigint::text".formatted(value);
      case TIMESTAMP -> "(extract(epoch from %s) * 1000000)::bigint::text".formatted(value);
      case TEXTS -> "array_to_string(%s, chr(30))".formatted(value);
    };
  }
}
