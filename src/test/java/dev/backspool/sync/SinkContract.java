package dev.backspool.sync;

import static dev.backspool.sync.Column.Type.BIGINT;
import static dev.backspool.sync.Column.Type.BOOLEAN;
import static dev.backspool.sync.Column.Type.DOUBLE;
import static dev.backspool.sync.Column.Type.INTEGER;
import static dev.backspool.sync.Column.Type.JSON;
import static dev.backspool.sync.Column.Type.REAL;
import static dev.backspool.sync.Column.Type.TEXT;
import static dev.backspool.sync.Column.Type.TEXTS;
import static dev.backspool.sync.Column.Type.TIMESTAMP;
import static dev.backspool.sync.Column.Type.WORD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.sync.Page.Row;
import dev.backspool.sync.RangeSums.Sum;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every sink does. */
public abstract class SinkContract {
  protected static final UUID PROJECT = UUID.fromString("10000000-0000-4000-8000-000000000001");
  protected static final UUID OTHER = UUID.fromString("20000000-0000-4000-8000-000000000002");

  /** A column of each type, and a key of two texts. */
  protected static final Mapping THINGS =
      new Mapping(
          "things",
          Source.MEMBERSHIP,
          1,
          List.of(Column.of("owner", TEXT), Column.of("group", TEXT)),
          List.of(
              Column.nullable("uuid", Column.Type.UUID),
              Column.nullable("text", TEXT),
              Column.nullable("word", WORD),
              Column.nullable("flag", BOOLEAN),
              Column.nullable("whole", INTEGER),
              Column.nullable("big", BIGINT),
              Column.nullable("part", REAL),
              Column.nullable("long part", DOUBLE),
              Column.nullable("at", TIMESTAMP),
              Column.nullable("json", JSON),
              Column.of("texts", TEXTS)),
          null,
          "");

  protected static final Mapping FACTS =
      new Mapping(
          "facts",
          Source.EVENT,
          1,
          List.of(Column.of("id", BIGINT)),
          List.of(Column.of("received_at", TIMESTAMP), Column.nullable("name", WORD)),
          "received_at",
          "");

  protected static final Mapping PAIRS =
      new Mapping(
          "pairs",
          Source.MEMBERSHIP,
          1,
          List.of(Column.of("one", TEXT), Column.of("other", TEXT)),
          List.of(),
          null,
          "");

  protected static final List<Mapping> ALL = List.of(THINGS, FACTS, PAIRS);

  /** The sink, empty, its tables not made. */
  protected abstract Sink sink();

  private Sink prepared() throws SinkException {
    Sink sink = sink();
    assertThat(sink.prepare(ALL)).containsExactlyInAnyOrder("things", "facts", "pairs");
    assertThat(sink.prepare(ALL)).isEmpty();
    return sink;
  }

  protected static Row fact(long id, long version, String name) {
    return new Row(
        version,
        false,
        List.of(id),
        Arrays.asList(Instant.parse("2026-01-01T00:00:00Z").plusSeconds(id * 3600), name));
  }

  protected static Row gone(long id, long version) {
    return new Row(version, true, List.of(id), List.of());
  }

  protected static void apply(Sink sink, UUID project, Mapping mapping, Row... rows)
      throws SinkException {
    sink.apply(new Page(project, mapping, List.of(rows), UUID.randomUUID().toString()));
  }

  private static void assertHolds(Sink sink, UUID project, Mapping mapping, Row... rows)
      throws SinkException {
    Map<List<Object>, Long> held = sink.hashes(project, mapping, KeyRange.ALL);
    assertThat(held.keySet())
        .containsExactlyInAnyOrderElementsOf(Arrays.stream(rows).map(Row::key).toList());
    for (Row row : rows) {
      assertThat(held).as(row.toString()).containsEntry(row.key(), HashByHand.row(mapping, row));
    }
    List<KeyRange> ranges = KeyRange.ALL.split(16);
    var expected = new ArrayList<Sum>();
    for (KeyRange range : ranges) {
      List<Row> within =
          Arrays.stream(rows)
              .filter(
                  row -> HashByHand.key(row) >= range.from() && HashByHand.key(row) < range.to())
              .toList();
      expected.add(
          new Sum(
              within.size(), within.stream().mapToLong(row -> HashByHand.row(mapping, row)).sum()));
    }
    assertThat(sink.sums(project, mapping, ranges).sums()).isEqualTo(expected);
  }

  @Test
  void values_of_every_type_are_held_as_they_are() throws SinkException {
    try (Sink sink = prepared()) {
      Row full =
          new Row(
              1,
              false,
              List.of("an 'owner' \\ \"ö\" 🦊", "a:b,{c}"),
              List.of(
                  UUID.fromString("0199d0c4-0000-7000-8000-00000000abcd"),
                  "two\nlines, {braces}, \"quotes\" and \\ 🦊",
                  "word",
                  true,
                  -7,
                  1L << 60,
                  52.52f,
                  -13.405,
                  Instant.parse("2026-01-01T12:34:56.789012Z"),
                  "{\"a\": \"b\"}",
                  List.of("x", "y, z", "", "\"q\"")));
      Row empty =
          new Row(
              1,
              false,
              List.of("", "no values"),
              Arrays.<@Nullable Object>asList(
                  null, null, null, null, null, null, null, null, null, null, List.of()));
      apply(sink, PROJECT, THINGS, full, empty);
      apply(sink, PROJECT, PAIRS, new Row(1, false, List.of("a", "b"), List.of()));
      assertHolds(sink, PROJECT, THINGS, full, empty);
      assertHolds(sink, PROJECT, PAIRS, new Row(1, false, List.of("a", "b"), List.of()));
      assertHolds(sink, OTHER, THINGS);
    }
  }

  @Test
  void only_a_higher_version_changes_a_row() throws SinkException {
    try (Sink sink = prepared()) {
      apply(sink, PROJECT, FACTS, fact(1, 5, "five"), fact(2, 5, "five"));
      apply(sink, OTHER, FACTS, fact(1, 1, "theirs"));
      apply(sink, PROJECT, FACTS, fact(1, 4, "four"), fact(2, 6, "six"), fact(3, 0, "none"));
      apply(sink, PROJECT, FACTS, fact(1, 5, "five again"));
      assertHolds(sink, PROJECT, FACTS, fact(1, 5, "five"), fact(2, 6, "six"), fact(3, 0, "none"));
      assertHolds(sink, OTHER, FACTS, fact(1, 1, "theirs"));
    }
  }

  @Test
  void a_page_that_comes_late_brings_nothing_back() throws SinkException {
    try (Sink sink = prepared()) {
      apply(sink, PROJECT, FACTS, fact(1, 1, "old"), fact(2, 1, "old"));
      apply(sink, PROJECT, FACTS, gone(1, 3), gone(2, 3), gone(9, 3));
      apply(sink, PROJECT, FACTS, fact(1, 2, "late"), fact(2, 4, "new"), fact(9, 1, "late"));
      assertHolds(sink, PROJECT, FACTS, fact(2, 4, "new"));
      apply(sink, PROJECT, FACTS, gone(2, 3));
      assertHolds(sink, PROJECT, FACTS, fact(2, 4, "new"));
      apply(sink, PROJECT, FACTS, gone(2, 5));
      apply(sink, PROJECT, FACTS, fact(2, 4, "new"));
      assertHolds(sink, PROJECT, FACTS);
      apply(sink, PROJECT, FACTS, fact(2, 6, "newest"));
      assertHolds(sink, PROJECT, FACTS, fact(2, 6, "newest"));
    }
  }

  @Test
  void what_a_load_did_not_bring_is_removed_and_stays_away() throws SinkException {
    long load = 1L << 48;
    try (Sink sink = prepared()) {
      apply(sink, PROJECT, FACTS, fact(1, 7, "stale"), fact(2, 8, "again"), gone(3, 9));
      apply(sink, OTHER, FACTS, fact(1, 7, "theirs"));
      apply(sink, PROJECT, FACTS, fact(2, load, "again"), fact(3, load, "back"));
      sink.removeStale(PROJECT, FACTS, load);
      assertHolds(sink, PROJECT, FACTS, fact(2, load, "again"), fact(3, load, "back"));
      assertHolds(sink, OTHER, FACTS, fact(1, 7, "theirs"));
      sink.removeStale(PROJECT, FACTS, Long.MAX_VALUE);
      assertHolds(sink, PROJECT, FACTS);
      assertHolds(sink, OTHER, FACTS, fact(1, 7, "theirs"));
      apply(sink, PROJECT, FACTS, fact(4, load, "a project that was brought back"));
      assertHolds(sink, PROJECT, FACTS, fact(4, load, "a project that was brought back"));
    }
  }

  @Test
  void what_was_received_in_a_time_is_removed_and_may_come_again() throws SinkException {
    Instant start = Instant.parse("2026-01-01T00:00:00Z");
    try (Sink sink = prepared()) {
      apply(
          sink, PROJECT, FACTS, fact(1, 0, "a"), fact(2, 0, "b"), fact(3, 0, "c"), fact(4, 0, "d"));
      apply(sink, OTHER, FACTS, fact(2, 0, "theirs"));
      sink.removeReceived(PROJECT, FACTS, start.plusSeconds(2 * 3600), start.plusSeconds(4 * 3600));
      assertHolds(sink, PROJECT, FACTS, fact(1, 0, "a"), fact(4, 0, "d"));
      apply(sink, PROJECT, FACTS, fact(3, 0, "c"));
      assertHolds(sink, PROJECT, FACTS, fact(1, 0, "a"), fact(3, 0, "c"), fact(4, 0, "d"));
      assertHolds(sink, OTHER, FACTS, fact(2, 0, "theirs"));
    }
  }

  @Test
  void versions_of_the_deleted_are_let_go_when_they_are_old() throws SinkException {
    try (Sink sink = prepared()) {
      apply(sink, PROJECT, FACTS, gone(1, 3));
      sink.tidy(FACTS, Instant.now().minusSeconds(3600));
      apply(sink, PROJECT, FACTS, fact(1, 2, "late"));
      assertHolds(sink, PROJECT, FACTS);
      sink.tidy(FACTS, Instant.now().plusSeconds(3600));
      apply(sink, PROJECT, FACTS, fact(1, 2, "much too late"));
      assertHolds(sink, PROJECT, FACTS, fact(1, 2, "much too late"));
    }
  }

  @Test
  void loads_that_began_are_known_until_the_project_or_the_table_goes() throws SinkException {
    UUID other = UUID.randomUUID();
    try (Sink sink = prepared()) {
      assertThat(sink.begin(PROJECT, FACTS, 3L << 48)).isZero();
      assertThat(sink.begin(PROJECT, FACTS, 2L << 48)).isEqualTo(3L << 48);
      assertThat(sink.begin(other, FACTS, 1L << 48)).isZero();
      assertThat(sink.begin(PROJECT, PAIRS, 1L << 48)).isZero();
      assertThat(sink.loads())
          .containsExactlyInAnyOrder(
              new Sink.Load(PROJECT, "facts", 3L << 48),
              new Sink.Load(other, "facts", 1L << 48),
              new Sink.Load(PROJECT, "pairs", 1L << 48));
      sink.removeStale(PROJECT, PAIRS, Long.MAX_VALUE);
      assertThat(sink.loads()).hasSize(2);
      var columns = new ArrayList<>(FACTS.columns());
      columns.add(Column.nullable("more", TEXT));
      var wider = new Mapping("facts", Source.EVENT, 2, FACTS.key(), columns, "received_at", "");
      sink.prepare(List.of(THINGS, wider, PAIRS));
      assertThat(sink.loads()).isEmpty();
      sink.ping();
    }
  }

  @Test
  void a_column_that_is_new_is_added_and_asks_for_a_load() throws SinkException {
    var columns = new ArrayList<>(FACTS.columns());
    columns.add(1, Column.nullable("more", TEXT));
    var wider = new Mapping("facts", Source.EVENT, 2, FACTS.key(), columns, "received_at", "");
    try (Sink sink = prepared()) {
      apply(sink, PROJECT, FACTS, fact(1, 1, "a"));
      assertThat(sink.prepare(List.of(THINGS, wider, PAIRS))).containsExactly("facts");
      Row filled =
          new Row(
              1L << 48,
              false,
              List.of(1L),
              Arrays.asList(Instant.parse("2026-01-01T01:00:00Z"), "more", "a"));
      apply(sink, PROJECT, wider, filled);
      assertHolds(sink, PROJECT, wider, filled);
    }
  }

  @Test
  void a_large_page_is_applied_whole_and_again_without_a_change() throws SinkException {
    Row[] rows = new Row[5_000];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = fact(i, i % 3, "row " + i);
    }
    try (Sink sink = prepared()) {
      var page = new Page(PROJECT, FACTS, List.of(rows), "the same");
      sink.apply(page);
      sink.apply(page);
      assertHolds(sink, PROJECT, FACTS, rows);
    }
  }
}
