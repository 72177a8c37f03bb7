package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Page;
import dev.backspool.sync.Source;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Mappings with every type of column, and rows of them. */
final class Rows {
  /** A text as key, and a column of each type. */
  static final Mapping THINGS =
      new Mapping(
          "things",
          Source.PROFILE,
          1,
          List.of(Column.of("id", Column.Type.TEXT)),
          List.of(
              Column.of("name", Column.Type.TEXT),
              Column.nullable("nick", Column.Type.TEXT),
              Column.of("kind", Column.Type.WORD),
              Column.nullable("country", Column.Type.WORD),
              Column.of("owner", Column.Type.UUID),
              Column.nullable("parent", Column.Type.UUID),
              Column.of("good", Column.Type.BOOLEAN),
              Column.nullable("better", Column.Type.BOOLEAN),
              Column.of("size", Column.Type.INTEGER),
              Column.nullable("rank", Column.Type.INTEGER),
              Column.of("bytes", Column.Type.BIGINT),
              Column.nullable("price", Column.Type.BIGINT),
              Column.nullable("latitude", Column.Type.REAL),
              Column.nullable("weight", Column.Type.DOUBLE),
              Column.of("made_at", Column.Type.TIMESTAMP),
              Column.nullable("sold_at", Column.Type.TIMESTAMP),
              Column.of("properties", Column.Type.JSON),
              Column.nullable("extra", Column.Type.JSON),
              Column.of("groups", Column.Type.TEXTS)),
          null,
          "");

  /** Two texts as key, and nothing else. */
  static final Mapping PAIRS =
      new Mapping(
          "pairs",
          Source.MEMBERSHIP,
          1,
          List.of(
              Column.of("profile_id", Column.Type.TEXT), Column.of("group_id", Column.Type.TEXT)),
          List.of(),
          null,
          "");

  /** What has a UUID as key. */
  static final Mapping VISITS =
      new Mapping(
          "visits",
          Source.SESSION,
          1,
          List.of(Column.of("id", Column.Type.UUID)),
          List.of(Column.nullable("path", Column.Type.TEXT)),
          null,
          "");

  /** What goes by the day on which it was received. */
  static final Mapping FACTS =
      new Mapping(
          "facts",
          Source.EVENT,
          1,
          List.of(Column.of("id", Column.Type.BIGINT)),
          List.of(
              Column.of("received_at", Column.Type.TIMESTAMP), Column.of("name", Column.Type.WORD)),
          "received_at",
          "");

  static final UUID OWNER = UUID.fromString("f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  static final Instant TIME = Instant.parse("2026-02-28T23:59:59.123456Z");

  private Rows() {}

  /** Values of {@link #THINGS}, in which every column that may be empty is, or none. */
  static List<Object> thing(String name, boolean full) {
    return Arrays.asList(
        name,
        full ? "o'nick\\ \n\t\"\u0000… 😀" : null,
        "kind",
        full ? "DE" : null,
        OWNER,
        full ? new UUID(-1, 1) : null,
        true,
        full ? false : null,
        Integer.MIN_VALUE,
        full ? Integer.MAX_VALUE : null,
        Long.MIN_VALUE,
        full ? Long.MAX_VALUE : null,
        full ? -33.865f : null,
        full ? 1e9 + 0.1234567 : null,
        TIME,
        full ? Instant.parse("1969-07-20T20:17:40.000001Z") : null,
        "{\"b\": 1, \"a.b\": \"\\ud800\", \"b\": [2.50]}",
        full ? "null" : null,
        full ? List.of("", "one", "two, three") : List.of());
  }

  static Page.Row row(long version, Object key, Object... values) {
    return new Page.Row(version, false, List.of(key), Arrays.asList(values));
  }

  static Page.Row deleted(long version, Object... key) {
    return new Page.Row(version, true, List.of(key), List.of());
  }
}
