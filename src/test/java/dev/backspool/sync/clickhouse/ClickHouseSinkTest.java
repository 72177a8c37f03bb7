package dev.backspool.sync.clickhouse;

import static dev.backspool.sync.clickhouse.Rows.FACTS;
import static dev.backspool.sync.clickhouse.Rows.PAIRS;
import static dev.backspool.sync.clickhouse.Rows.THINGS;
import static dev.backspool.sync.clickhouse.Rows.TIME;
import static dev.backspool.sync.clickhouse.Rows.VISITS;
import static dev.backspool.sync.clickhouse.Rows.deleted;
import static dev.backspool.sync.clickhouse.Rows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.backspool.sync.Column;
import dev.backspool.sync.KeyRange;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Page;
import dev.backspool.sync.RangeSums.Sum;
import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pages to ClickHouse's own engine, and what it holds then. */
final class ClickHouseSinkTest {
  private static final List<Mapping> ALL = List.of(THINGS, PAIRS, VISITS, FACTS);
  private static final Instant NEVER = Instant.EPOCH;

  private final UUID project = UUID.randomUUID();
  private final UUID other = UUID.randomUUID();
  private TestClickHouse server;
  private String database;
  private Sink sink;
  private int pages;

  @BeforeEach
  void open() throws SinkException {
    server = TestClickHouse.shared();
    database = TestClickHouse.freshName();
    sink = ClickHouse.opener(true).open(server.address(database));
    assertThat(sink.prepare(ALL)).containsExactlyInAnyOrder("things", "pairs", "visits", "facts");
  }

  @AfterEach
  void close() {
    if (sink != null) {
      sink.close();
    }
  }

  private void apply(Mapping mapping, Page.Row... rows) throws SinkException {
    sink.apply(new Page(project, mapping, List.of(rows), "page-" + ++pages));
  }

  /** What a question about a table or view of ours answers. */
  private String ask(String sql, Object... arguments) {
    return server.ask(sql.replace("@", "`" + database + "`.").formatted(arguments));
  }

  private Sum sum(Mapping mapping) throws SinkException {
    return sink.sums(project, mapping, List.of(KeyRange.ALL)).sums().getFirst();
  }

  private SinkException failure(Mapping mapping, Page.Row... rows) {
    return catchThrowableOfType(SinkException.class, () -> apply(mapping, rows));
  }

  @Test
  void values_of_every_type_arrive_as_they_are() throws SinkException {
    apply(
        THINGS,
        row(1, "full", Rows.thing("a name", true).toArray()),
        row(2, "empty", Rows.thing("", false).toArray()));
    String columns =
        """
        name, nick, kind, country, owner, parent, good, better, size, rank, bytes, price, \
        toFloat64(latitude) between -33.8651 and -33.8649, weight = 1000000000.1234567, \
        toUnixTimestamp64Micro(made_at), toUnixTimestamp64Micro(sold_at), properties, extra, groups
        """
            .strip();
    assertThat(
            server.ask(
                "select %s from `%s`.things where id = 'full' format JSONCompactEachRow settings output_format_json_quote_64bit_integers = 1, output_format_json_named_tuples_as_objects = 1"
                    .formatted(columns, database)))
        .isEqualTo(
            """
            ["a name", "o'nick\\\\ \\n\\t\\"\\u0000… 😀", "kind", "DE", \
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "ffffffff-ffff-ffff-0000-000000000001", \
            true, false, -2147483648, 2147483647, "-9223372036854775808", \
            "9223372036854775807", 1, 1, "1772323199123456", "-14182939999999", \
            "{\\"b\\": 1, \\"a.b\\": \\"\\\\ud800\\", \\"b\\": [2.50]}", "null", \
            ["","one","two, three"]]\
            """);
    assertThat(
            ask(
                """
                select count() from @things where id = 'empty' and nick is null
                  and country is null and parent is null and better is null and rank is null
                  and price is null and latitude is null and weight is null and sold_at is null
                  and extra is null and groups = []
                """))
        .isEqualTo("1");
  }

  @Test
  void a_row_below_the_version_that_is_held_changes_nothing() throws SinkException {
    UUID id = UUID.randomUUID();
    apply(VISITS, row(5, id, "/five"));
    apply(VISITS, row(4, id, "/four"));
    assertThat(ask("select path from @visits")).isEqualTo("/five");
    apply(VISITS, row(6, id, "/six"));
    assertThat(ask("select path from @visits")).isEqualTo("/six");
    apply(VISITS, deleted(7, id));
    apply(VISITS, row(6, id, "/six"));
    assertThat(ask("select count() from @visits")).isEqualTo("0");
    apply(VISITS, row(8, id, "/eight"));
    apply(VISITS, deleted(7, id));
    assertThat(ask("select path from @visits")).isEqualTo("/eight");
  }

  @Test
  void a_page_that_comes_again_is_passed_over_unless_what_it_brought_is_gone()
      throws SinkException {
    var page = new Page(project, FACTS, List.of(row(1, 1L, TIME, "one")), "the page");
    sink.apply(page);
    sink.apply(page);
    assertThat(ask("select count() from @sync_facts")).isEqualTo("1");
    sink.removeReceived(project, FACTS, TIME, TIME.plusSeconds(1));
    assertThat(ask("select count() from @sync_facts")).isEqualTo("0");
    sink.apply(page);
    assertThat(ask("select name from @facts")).isEqualTo("one");
  }

  @Test
  void what_comes_below_the_floor_of_a_load_goes_again() throws SinkException {
    UUID kept = UUID.randomUUID();
    apply(VISITS, row(100, kept, "/loaded"));
    sink.removeStale(project, VISITS, 100);
    apply(VISITS, row(99, UUID.randomUUID(), "/late"), row(101, UUID.randomUUID(), "/new"));
    assertThat(ask("select path from @visits order by path")).isEqualTo("/loaded\n/new");
    // Somebody stored it and died before looking for the floor.
    ask(
        "insert into @sync_visits (project_id, id, path, sync_version, sync_deleted) values ('%s', '%s', '/left', 50, 0)",
        project, UUID.randomUUID());
    sink.tidy(VISITS, NEVER);
    assertThat(ask("select path from @visits order by path")).isEqualTo("/loaded\n/new");
    sink.removeStale(project, VISITS, Long.MAX_VALUE);
    apply(VISITS, row(1, kept, "/again"));
    assertThat(ask("select path from @visits")).isEqualTo("/again");
  }

  @Test
  void no_partition_parts_the_versions_of_a_key() throws SinkException {
    apply(FACTS, row(1, 7L, Instant.parse("2025-01-31T00:00:00Z"), "january"));
    apply(FACTS, row(2, 7L, Instant.parse("2026-06-01T00:00:00Z"), "june"));
    apply(FACTS, row(1, 8L, Instant.parse("2025-01-31T00:00:00Z"), "gone"));
    apply(FACTS, deleted(2, 8L));
    apply(FACTS, row(1, 25_000_000L, TIME, "in another"));
    String seen =
        "select id, name from @sync_facts final order by id settings do_not_merge_across_partitions_select_final = 1";
    assertThat(ask(seen)).isEqualTo("7\tjune\n25000000\tin another");
    ask("optimize table @sync_facts final");
    assertThat(ask(seen)).isEqualTo("7\tjune\n25000000\tin another");
    assertThat(ask("select count(), uniqExact(_partition_id) from @sync_facts")).isEqualTo("3\t2");
  }

  @Test
  void a_page_of_many_rows_is_one_part() throws SinkException {
    List<Page.Row> rows = new ArrayList<>();
    for (long i = 1; i <= 5000; i++) {
      rows.add(row(i, i, TIME, "name " + i % 7));
    }
    sink.apply(new Page(project, FACTS, rows, "many"));
    sink.apply(new Page(project, FACTS, rows, "many"));
    assertThat(ask("select count(), uniqExact(_part) from @sync_facts")).isEqualTo("5000\t1");
  }

  @Test
  void what_a_deleted_row_held_is_seen_no_more_and_off_the_disk_when_tidied() throws SinkException {
    apply(THINGS, row(1, "anna", Rows.thing("Anna Secret", true).toArray()));
    apply(THINGS, row(2, "anna", Rows.thing("Anna Secret-Married", true).toArray()));
    apply(THINGS, row(3, "berta", Rows.thing("Berta", true).toArray()));
    ask("system stop merges @sync_things");
    apply(THINGS, deleted(4, "anna"));
    assertThat(ask("select name from @things")).isEqualTo("Berta");
    ask("system start merges @sync_things");
    sink.tidy(THINGS, NEVER);
    assertThat(
            ask(
                "select count() from @sync_things where name like 'Anna%%' settings apply_deleted_mask = 0"))
        .isEqualTo("0");
    assertThat(
            ask(
                "select id, name, isNull(nick), owner, groups, sync_version from @sync_things where sync_deleted = 1"))
        .isEqualTo("anna\t\t1\t00000000-0000-0000-0000-000000000000\t[]\t4");
    assertThat(ask("select name from @things")).isEqualTo("Berta");
  }

  @Test
  void deleting_spares_what_came_back_since() throws SinkException {
    apply(PAIRS, new Page.Row(10, false, List.of("p", "g"), List.of()));
    // A worker that was away for long brings the page that deleted an older one, and other keys.
    apply(PAIRS, deleted(5, "p", "g"), deleted(50, "p", "h"));
    assertThat(ask("select profile_id, group_id from @pairs")).isEqualTo("p\tg");
    assertThat(ask("select count() from @sync_pairs where not sync_deleted")).isEqualTo("1");
  }

  @Test
  void tombstones_go_when_they_are_old_and_bring_nothing_back() throws Exception {
    UUID id = UUID.randomUUID();
    apply(VISITS, deleted(7, id));
    apply(VISITS, row(3, id, "/late"));
    apply(VISITS, row(9, UUID.randomUUID(), "/stays"));
    sink.tidy(VISITS, NEVER);
    assertThat(ask("select count() from @sync_visits where sync_deleted")).isEqualTo("1");
    sink.tidy(VISITS, Instant.now().plus(Duration.ofHours(1)));
    assertThat(ask("select path from @sync_visits settings apply_deleted_mask = 0"))
        .isEqualTo("/stays");
    assertThat(ask("select path from @visits")).isEqualTo("/stays");
  }

  @Test
  void a_full_load_ends_with_what_it_did_not_bring() throws SinkException {
    UUID kept = UUID.randomUUID();
    apply(VISITS, row(1, kept, "/old"), row(2, UUID.randomUUID(), "/gone"));
    sink.apply(new Page(other, VISITS, List.of(row(1, kept, "/other")), "other"));
    apply(VISITS, row(10, kept, "/new"));
    sink.removeStale(project, VISITS, 10);
    assertThat(ask("select path from @visits order by path")).isEqualTo("/new\n/other");
    assertThat(ask("select count() from @sync_visits")).isEqualTo("2");
    sink.removeStale(project, VISITS, Long.MAX_VALUE);
    assertThat(ask("select path from @visits")).isEqualTo("/other");
  }

  @Test
  void a_day_goes_with_what_was_received_in_it() throws SinkException {
    Instant day = Instant.parse("2026-02-28T00:00:00Z");
    Instant next = day.plus(Duration.ofDays(1));
    apply(
        FACTS,
        row(1, 1L, day.minusNanos(1000), "before"),
        row(1, 2L, day, "first"),
        row(1, 3L, next.minusNanos(1000), "last"),
        row(1, 4L, next, "after"));
    sink.apply(new Page(other, FACTS, List.of(row(1, 5L, day, "anothers")), "other"));
    sink.removeReceived(project, FACTS, day, next);
    assertThat(ask("select name from @facts order by id")).isEqualTo("before\nafter\nanothers");
    // What is kept all the same is applied again, as it was.
    apply(FACTS, row(1, 2L, day, "first"));
    assertThat(ask("select name from @facts order by id"))
        .isEqualTo("before\nfirst\nafter\nanothers");
    // One that is deleted is of no day any more, and hides what it was of another month.
    apply(FACTS, deleted(2, 2L));
    assertThat(ask("select count() from @facts where id = 2")).isEqualTo("0");
  }

  @Test
  void sums_tell_what_is_held() throws SinkException {
    apply(
        THINGS,
        row(1, "full", Rows.thing("a name", true).toArray()),
        row(2, "empty", Rows.thing("", false).toArray()),
        row(3, "gone", Rows.thing("gone", false).toArray()));
    sink.apply(
        new Page(other, THINGS, List.of(row(1, "full", Rows.thing("b", true).toArray())), "other"));
    apply(THINGS, deleted(4, "gone"));
    Sum before = sum(THINGS);
    assertThat(before.rows()).isEqualTo(2);
    Map<List<Object>, Long> hashes = sink.hashes(project, THINGS, KeyRange.ALL);
    assertThat(hashes).containsOnlyKeys(List.of("full"), List.of("empty"));
    assertThat(hashes.values().stream().mapToLong(hash -> hash).sum()).isEqualTo(before.hash());
    List<Sum> parts = sink.sums(project, THINGS, KeyRange.ALL.split(16)).sums();
    assertThat(parts).hasSize(16);
    assertThat(parts.stream().mapToLong(Sum::rows).sum()).isEqualTo(2);
    assertThat(parts.stream().mapToLong(Sum::hash).sum()).isEqualTo(before.hash());
    // Every column counts.
    List<Object> values = Rows.thing("a name", true);
    for (int i = 0; i < values.size(); i++) {
      List<Object> changed = new ArrayList<>(values);
      changed.set(i, Rows.thing("another name", false).get(i));
      if (!changed.equals(values)) {
        apply(THINGS, row(10 + i, "full", changed.toArray()));
        assertThat(sum(THINGS)).as(THINGS.columns().get(i).name()).isNotEqualTo(before);
      }
    }
    apply(THINGS, row(100, "full", values.toArray()));
    assertThat(sum(THINGS)).isEqualTo(before);
  }

  @Test
  void keys_of_every_type_come_back_as_they_were() throws SinkException {
    UUID id = UUID.randomUUID();
    apply(VISITS, row(1, id, "/"));
    apply(PAIRS, new Page.Row(1, false, List.of("p\t1:'", "g\\"), List.of()));
    apply(FACTS, row(1, Long.MAX_VALUE, TIME, "one"));
    assertThat(sink.hashes(project, VISITS, KeyRange.ALL)).containsOnlyKeys(List.of(id));
    assertThat(sink.hashes(project, PAIRS, KeyRange.ALL))
        .containsOnlyKeys(List.of("p\t1:'", "g\\"));
    assertThat(sink.hashes(project, FACTS, KeyRange.ALL)).containsOnlyKeys(List.of(Long.MAX_VALUE));
    apply(PAIRS, deleted(2, "p\t1:'", "g\\"));
    assertThat(ask("select count() from @pairs")).isEqualTo("0");
  }

  @Test
  void a_value_of_another_type_is_a_refused_row_and_stores_nothing() {
    SinkException failure =
        failure(VISITS, row(1, UUID.randomUUID(), "/good"), row(1, UUID.randomUUID(), 12_345));
    assertThat(failure.kind()).isEqualTo(Kind.REFUSED_ROW);
    assertThat(failure).hasMessageContaining("path").hasMessageNotContaining("12345");
    assertThat(ask("select count() from @visits")).isEqualTo("0");
  }

  @Test
  void a_row_that_the_server_refuses_is_told_without_its_values() throws SinkException {
    ask("alter table @sync_visits add constraint no_secrets check path not like '%%secret%%'");
    SinkException failure = failure(VISITS, row(1, UUID.randomUUID(), "/secret"));
    assertThat(failure.kind()).isEqualTo(Kind.REFUSED_ROW);
    assertThat(failure)
        .hasMessageContaining("VIOLATED_CONSTRAINT")
        .hasMessageNotContaining("/secret");
    apply(VISITS, row(1, UUID.randomUUID(), "/good"));
    assertThat(ask("select path from @visits")).isEqualTo("/good");
  }

  @Test
  void a_table_that_somebody_changed_is_noticed_and_mended() throws SinkException {
    apply(VISITS, row(1, UUID.randomUUID(), "/before"));
    ask("alter table @sync_visits drop column path");
    assertThat(failure(VISITS, row(2, UUID.randomUUID(), "/x")).kind())
        .isEqualTo(Kind.SCHEMA_DRIFT);
    apply(PAIRS, new Page.Row(1, false, List.of("p", "g"), List.of()));
    assertThat(sink.prepare(ALL)).containsExactly("visits");
    apply(VISITS, row(2, UUID.randomUUID(), "/after"));
    assertThat(ask("select path from @visits order by path nulls first")).isEqualTo("\\N\n/after");

    ask("alter table @sync_visits modify column path LowCardinality(Nullable(String))");
    SinkException retyped = failure(VISITS, row(3, UUID.randomUUID(), "/y"));
    assertThat(retyped.kind()).isEqualTo(Kind.SCHEMA_DRIFT);
    assertThat(retyped).hasMessageContaining("path");
    assertThat(sink.prepare(ALL)).containsExactly("visits");
    apply(VISITS, row(3, UUID.randomUUID(), "/z"));

    ask("drop table @sync_visits");
    assertThat(failure(VISITS, row(4, UUID.randomUUID(), "/w")).kind())
        .isEqualTo(Kind.SCHEMA_DRIFT);
    assertThat(sink.prepare(ALL)).containsExactly("visits");
    assertThat(sink.prepare(ALL)).isEmpty();
    apply(VISITS, row(4, UUID.randomUUID(), "/v"));
    assertThat(ask("select path from @visits")).isEqualTo("/v");
  }

  @Test
  void a_new_column_is_added_and_seen() throws SinkException {
    UUID id = UUID.randomUUID();
    apply(VISITS, row(1, id, "/before"));
    List<Column> columns = new ArrayList<>(VISITS.columns());
    columns.add(Column.of("clicks", Column.Type.INTEGER));
    var wider =
        new Mapping(VISITS.id(), VISITS.source(), 2, VISITS.key(), columns, null, VISITS.query());
    assertThat(sink.prepare(List.of(wider))).containsExactly("visits");
    assertThat(ask("select path, clicks from @visits")).isEqualTo("/before\t0");
    // A worker of the release before goes on for a while.
    apply(VISITS, row(2, id, "/old release"));
    apply(wider, row(3, id, "/new release", 4));
    assertThat(ask("select path, clicks from @visits")).isEqualTo("/new release\t4");
  }

  @Test
  void a_table_of_somebody_else_is_left_alone() {
    ask("drop view @visits");
    ask("create table @visits (a String) engine = MergeTree order by a");
    ask("insert into @visits values ('theirs')");
    SinkException failure = catchThrowableOfType(SinkException.class, () -> sink.prepare(ALL));
    assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
    assertThat(failure).hasMessageContaining("visits");
    assertThat(ask("select a from @visits")).isEqualTo("theirs");
    ask("drop table @visits");
    ask("drop table @sync_visits");
    ask("create table @sync_visits (a String) engine = MergeTree order by a");
    assertThat(catchThrowableOfType(SinkException.class, () -> sink.prepare(ALL)).kind())
        .isEqualTo(Kind.REFUSED);
  }

  @Test
  void many_keys_are_deleted_in_one_page() throws SinkException {
    List<Page.Row> rows = new ArrayList<>();
    List<Page.Row> gone = new ArrayList<>();
    for (int i = 0; i < 9000; i++) {
      UUID id = new UUID(i, i);
      rows.add(row(i + 1, id, "/" + i));
      gone.add(deleted(20_000 + i, id));
    }
    sink.apply(new Page(project, VISITS, rows, "rows"));
    sink.apply(new Page(project, VISITS, gone, "gone"));
    assertThat(ask("select count() from @visits")).isEqualTo("0");
    assertThat(ask("select count() from @sync_visits where sync_deleted = 1")).isEqualTo("9000");
    sink.apply(new Page(project, VISITS, gone, "gone"));
    sink.tidy(VISITS, NEVER);
    assertThat(ask("select count() from @sync_visits where sync_deleted = 0")).isEqualTo("0");
    assertThat(Arrays.asList(sum(VISITS))).containsExactly(Sum.NONE);
  }

  @Test
  void whatever_the_order_of_pages_the_highest_versions_stay() throws Exception {
    long seed = System.nanoTime();
    try (ExecutorService workers = Executors.newFixedThreadPool(4)) {
      List<Future<?>> projects = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        var random = new Random(seed + i);
        projects.add(
            workers.submit(() -> {
              applyInAnyOrder(UUID.randomUUID(), random, seed);
              return null;
            }));
      }
      for (Future<?> each : projects) {
        each.get();
      }
    }
  }

  private void applyInAnyOrder(UUID someProject, Random random, long seed) throws SinkException {
    List<Page> all = new ArrayList<>();
    Map<Long, Page.Row> highest = new TreeMap<>();
    for (int i = 0; i < 25; i++) {
      Map<Long, Page.Row> rows = new TreeMap<>();
      for (int j = random.nextInt(8); j >= 0; j--) {
        long id = random.nextInt(12);
        long version = 1 + 10L * i + j;
        rows.put(
            id,
            random.nextInt(3) == 0
                ? deleted(version, id)
                : row(version, id, TIME.plus(Duration.ofDays(id * 20)), "v" + version));
      }
      highest.putAll(rows);
      all.add(new Page(someProject, FACTS, List.copyOf(rows.values()), someProject + " " + i));
    }
    List<Page> order = new ArrayList<>(all);
    order.addAll(all.subList(5, 15));
    Collections.shuffle(order, random);
    for (Page page : order) {
      sink.apply(page);
      if (random.nextInt(10) == 0) {
        sink.tidy(FACTS, NEVER);
      }
    }
    String expected =
        highest.values().stream()
            .filter(row -> !row.deleted())
            .map(row -> row.key().getFirst() + "\t" + row.values().getLast())
            .collect(Collectors.joining("\n"));
    assertThat(ask("select id, name from @facts where project_id = '%s' order by id", someProject))
        .as("seed %d", seed)
        .isEqualTo(expected);
  }
}
