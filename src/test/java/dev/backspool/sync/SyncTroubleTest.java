package dev.backspool.sync;

import static dev.backspool.sync.Workshop.eventually;
import static dev.backspool.sync.Workshop.pause;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.postgres.Lease;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.sync.SyncStatus.OfMapping;
import dev.backspool.sync.SyncStatus.OfSink;
import dev.backspool.sync.SyncStatus.State;
import dev.backspool.sync.Workshop.Copy;
import dev.backspool.sync.duckdb.DuckDb;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sinks that are away, changed or choosy, and a source that is not what it was. */
final class SyncTroubleTest {
  private static final String EMAILS = "select id || ' ' || email from backspool.profiles";
  private static final String MANY_PROFILES =
      "insert into profile (project_id, id, email, first_seen_at, last_seen_at) select :project, 'u' || n, 'e', now(), now() from generate_series(1, %d) as n";

  private final Workshop shop = new Workshop();

  @AfterEach
  void close() {
    shop.close();
  }

  private static OfSink status(Sync node, UUID project, UUID sink) {
    return node.statuses().of(project).sinks().stream()
        .filter(each -> each.id().equals(sink))
        .findFirst()
        .orElseThrow();
  }

  private static OfMapping status(Sync node, UUID project, UUID sink, Mapping mapping) {
    return status(node, project, sink).mappings().stream()
        .filter(each -> each.mapping().equals(mapping.id()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void a_sink_that_was_away_catches_up_by_itself_and_others_never_wait_for_it() {
    Sync node = shop.node(2);
    TestPostgres.Address far = TestPostgres.freshDatabase();
    Cable cable = shop.cable(far);
    Copy away = shop.copy(node, cable, far);
    Copy near = shop.copy(node);
    shop.profile("first", "1");
    away.shows(EMAILS, "first 1");
    near.shows(EMAILS, "first 1");
    cable.cut();
    shop.run(MANY_PROFILES.formatted(20_000));
    Instant start = Instant.now();
    shop.profile("last", "1");
    near.shows("select email from backspool.profiles where id = 'last'", "1");
    assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(15));
    eventually(() -> {
      OfSink status = status(node, shop.project, away.id);
      assertThat(status.failures()).isGreaterThan(2);
      assertThat(status.errorKind()).isEqualTo(SinkException.Kind.UNREACHABLE);
      assertThat(status.retryAt()).isNotNull();
      OfMapping profiles = status(node, shop.project, away.id, Mappings.PROFILES);
      assertThat(profiles.behind()).isGreaterThan(20_000);
      assertThat(profiles.oldest()).isNotNull();
    });
    int before = cable.attempts();
    pause(1_000);
    assertThat(cable.attempts() - before).as("attempts in a second").isLessThan(25);
    cable.mend();
    away.shows("select count(*) from backspool.profiles", "20002");
    shop.settles(node, away.id, shop.project);
    assertThat(shop.differences(node, Workshop.sink(node, away.id), shop.project, false)).isEmpty();
  }

  @Test
  void a_row_that_a_sink_does_not_take_is_put_aside_and_all_others_arrive() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    shop.profile("good", "1");
    copy.shows(EMAILS, "good 1");
    copy.run("alter table backspool.profiles add constraint polite check (email <> 'rude')");
    shop.run(
        MANY_PROFILES.formatted(50),
        "update profile set email = 'rude' where id in ('u7', 'u31')",
        "insert into profile_group (project_id, id, type, name, created_at, updated_at) values (:project, 'g', 'company', 'G', now(), now())");
    copy.shows("select count(*) from backspool.profiles", "49");
    copy.shows("select id from backspool.groups", "g");
    eventually(() ->
        assertThat(node.statuses().quarantined(shop.project))
            .extracting(row -> row.mapping() + " " + row.key())
            .containsExactlyInAnyOrder("profiles [u7]", "profiles [u31]"));
    assertThat(node.statuses().quarantined(shop.project))
        .allSatisfy(row -> assertThat(row.reason()).contains("polite").doesNotContain("rude"));
    OfMapping profiles = status(node, shop.project, copy.id, Mappings.PROFILES);
    assertThat(profiles.quarantined()).isEqualTo(2);
    assertThat(profiles.state()).isEqualTo(State.LIVE);
    shop.run(
        "update profile set email = 'kind' where id = 'u7'",
        "delete from profile where id = 'u31'");
    copy.shows("select email from backspool.profiles where id in ('u7', 'u31')", "kind");
    eventually(() -> assertThat(node.statuses().quarantined(shop.project)).isEmpty());
  }

  @Test
  void a_table_that_its_owner_changed_stops_alone_until_a_resync_mends_it() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    shop.profile("u", "1");
    copy.shows(EMAILS, "u 1");
    copy.run("alter table backspool.profiles drop column email");
    shop.run(
        "update profile set email = '2'",
        "insert into profile_group (project_id, id, type, name, created_at, updated_at) values (:project, 'g', 'company', 'G', now(), now())");
    copy.shows("select id from backspool.groups", "g");
    eventually(() -> {
      OfMapping profiles = status(node, shop.project, copy.id, Mappings.PROFILES);
      assertThat(profiles.state()).isEqualTo(State.STOPPED);
      assertThat(profiles.reason()).contains("email");
    });
    assertThat(status(node, shop.project, copy.id, Mappings.GROUPS).state()).isEqualTo(State.LIVE);
    shop.profile("later", "1");
    node.sinks().resync(copy.id, shop.project, "profiles");
    copy.shows(EMAILS, "u 2", "later 1");
    copy.run("drop table backspool.profiles");
    shop.profile("u", "3");
    eventually(() ->
        assertThat(status(node, shop.project, copy.id, Mappings.PROFILES).state())
            .isEqualTo(State.STOPPED));
    node.sinks().resync(copy.id, null, null);
    copy.shows(EMAILS, "u 3", "later 1");
    copy.isEqual();
  }

  @Test
  void a_column_that_a_newer_program_brings_is_filled_while_an_older_one_still_runs() {
    Sync old = shop.node(2);
    Copy copy = shop.copy(old);
    shop.run(MANY_PROFILES.formatted(300), "update profile set first_name = 'N' || id");
    copy.shows("select count(*) from backspool.profiles where first_name is not null", "300");
    Mapping now = Mappings.PROFILES;
    var columns = new ArrayList<>(now.columns());
    columns.add(Column.nullable("name_length", Column.Type.INTEGER));
    var wider =
        new Mapping(
            now.id(),
            now.source(),
            now.revision() + 1,
            now.key(),
            columns,
            null,
            "select it.*, length(first_name) as name_length from (%s) as it"
                .formatted(now.query()));
    var mappings = new ArrayList<>(Mappings.ALL);
    mappings.set(mappings.indexOf(now), wider);
    shop.node(mappings, Settings.standard().hasty(2), new Watcher() {});
    for (int i = 0; i < 20; i++) {
      shop.run("update profile set first_name = 'new' where id = 'u%d'".formatted(i + 1));
      pause(20);
    }
    copy.shows(
        "select count(*) from backspool.profiles where name_length = length(first_name)", "300");
    copy.shows(
        "select count(*) from backspool.profiles where name_length = 3 and first_name = 'new'",
        "20");
  }

  @Test
  void after_a_restore_everything_is_compared_and_mended() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    shop.run(MANY_PROFILES.formatted(100));
    copy.shows("select count(*) from backspool.profiles", "100");
    node.close();
    // What a restore to an earlier time leaves: other rows, and nobody noted it.
    shop.source.own(handle -> {
      handle.execute("alter table profile disable trigger user");
      handle.execute("delete from profile where id in ('u1', 'u2')");
      handle.execute("update profile set email = 'as before' where id = 'u3'");
      handle.execute("alter table profile enable trigger user");
      return handle.execute("update sync_cursor set database = 'another/1/1'");
    });
    shop.node(2);
    copy.shows("select count(*) from backspool.profiles", "98");
    copy.shows("select email from backspool.profiles where id = 'u3'", "as before");
    copy.isEqual();
  }

  @Test
  void pause_lets_nothing_begin_and_resume_goes_on_from_there() {
    Sync node = shop.node(2);
    Copy one = shop.copy(node);
    Copy other = shop.copy(node);
    shop.profile("u", "1");
    one.shows(EMAILS, "u 1");
    other.shows(EMAILS, "u 1");
    node.sinks().pause(one.id, true);
    eventually(() -> assertThat(Workshop.sink(node, one.id).isPaused()).isTrue());
    pause(300);
    shop.profile("u", "2");
    other.shows(EMAILS, "u 2");
    pause(600);
    assertThat(one.ask(EMAILS)).containsExactly("u 1");
    assertThat(status(node, shop.project, one.id).isPaused()).isTrue();
    node.sinks().pause(one.id, false);
    one.shows(EMAILS, "u 2");
    node.pause("tail", true);
    pause(600);
    shop.profile("u", "3");
    pause(600);
    assertThat(one.ask(EMAILS)).containsExactly("u 2");
    assertThat(other.ask(EMAILS)).containsExactly("u 2");
    assertThat(node.statuses().of(shop.project).isPaused("tail")).isTrue();
    node.pause("tail", false);
    one.shows(EMAILS, "u 3");
    other.shows(EMAILS, "u 3");
  }

  @Test
  void keys_of_the_deleted_hold_no_values_and_go_when_all_sinks_have_passed() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    shop.profile("secret-person", "very@secret.example");
    copy.shows(EMAILS, "secret-person very@secret.example");
    node.sinks().pause(copy.id, true);
    pause(500);
    shop.run("delete from profile");
    assertThat(shop.ask("select sync_key::text from sync_key"))
        .noneMatch(row -> row.contains("very@"));
    shop.source.own(
        handle -> handle.execute("update sync_key set changed_at = now() - interval '8 days'"));
    var tidy = new Tidy(shop.source, Mappings.ALL, node.sinks(), Settings.standard());
    Lease lease =
        Lease.take(shop.source, "test", Duration.ZERO, Duration.ofMinutes(1)).orElseThrow();
    tidy.tidy(lease);
    String gone = "select count(*) from sync_key where is_gone";
    assertThat(shop.ask(gone)).as("not passed yet").containsExactly("1");
    node.sinks().pause(copy.id, false);
    copy.shows(EMAILS);
    shop.settles(node, copy.id, shop.project);
    tidy.tidy(lease);
    assertThat(shop.ask(gone)).containsExactly("0");
    shop.profile("new", "1");
    Copy later = shop.copy(node);
    later.shows(EMAILS, "new 1");
    later.isEqual();
  }

  @Test
  void a_small_project_does_not_wait_for_a_large_one() {
    Sync node = shop.node(Mappings.ALL, Settings.standard().hasty(2).paged(100), new Watcher() {});
    Copy copy = shop.copy(node);
    UUID small = shop.project();
    shop.settles(node, copy.id, shop.project);
    shop.settles(node, copy.id, small);
    shop.run(MANY_PROFILES.formatted(60_000));
    Instant start = Instant.now();
    shop.run(
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) values ('%s', 'theirs', 'e', now(), now())"
            .formatted(small));
    copy.shows(
        "select id from backspool.profiles where project_id = '%s'".formatted(small), "theirs");
    assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(8));
    assertThat(status(node, shop.project, copy.id, Mappings.PROFILES).behind()).isPositive();
  }

  @Test
  void a_transaction_that_stays_open_holds_up_nobody_else() throws SQLException {
    Copy copy = shop.copy(shop.node(2));
    Connection open = shop.begin();
    shop.in(
        open,
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) values (:project, 'open', '1', now(), now())");
    for (int i = 1; i <= 20; i++) {
      shop.profile("u", String.valueOf(i));
      copy.shows(EMAILS, "u " + i);
    }
    open.commit();
    copy.shows(EMAILS, "u 20", "open 1");
  }

  @Test
  void the_verifier_finds_what_was_planted_and_has_it_mended() throws SQLException {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    DuckDb file = shop.file();
    SinkRow columnar = shop.attach(node, file);
    shop.run(
        MANY_PROFILES.formatted(500),
        "insert into event (project_id, id, at, received_at, name, properties) select :project, n, now(), now(), 'x', '{\"a\": \"\\u00e4\"}' from generate_series(1, 500) as n");
    SinkRow warehouse = Workshop.sink(node, copy.id);
    for (SinkRow sink : List.of(warehouse, columnar)) {
      shop.settles(node, sink.id(), shop.project);
      assertThat(shop.differences(node, sink, shop.project, false)).isEmpty();
    }
    spoil(copy);
    findsWhatWasPlanted(node, warehouse);
    // What is brought there once more goes to all sinks: this one is spoiled when that is over.
    shop.settles(node, columnar.id(), shop.project);
    spoil(file);
    findsWhatWasPlanted(node, columnar);
  }

  private static final List<String> SPOILS =
      List.of(
          "delete from the_schema.profiles where id = 'u7'",
          "update the_schema.profiles set email = 'altered' where id = 'u8'",
          "insert into the_schema.profiles (project_id, id, sync_version) values (:project, 'planted', 1)",
          "update the_schema.events set properties = '{}' where id = 9");

  private Stream<String> spoils(String schema) {
    return SPOILS.stream()
        .map(
            sql -> sql.replace("the_schema", schema).replace(":project", "'" + shop.project + "'"));
  }

  private void spoil(Copy copy) {
    spoils("backspool").forEach(copy::run);
  }

  private void spoil(DuckDb file) throws SQLException {
    try (var duck = file.connect()) {
      for (String sql : spoils("main").toList()) {
        try (var statement = duck.createStatement()) {
          statement.execute(sql);
        }
      }
    }
  }

  private void findsWhatWasPlanted(Sync node, SinkRow sink) {
    assertThat(shop.differences(node, sink, shop.project, true))
        .extracting(found -> found.mapping() + " " + found.kind() + " " + found.key())
        .containsExactlyInAnyOrder(
            "profiles MISSING [u7]",
            "profiles ALTERED [u8]",
            "profiles EXTRA [planted]",
            "events ALTERED [9]");
    eventually(() -> assertThat(shop.differences(node, sink, shop.project, false)).isEmpty());
  }

  @Test
  void days_of_events_that_were_dropped_are_forgotten_but_for_what_was_kept() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    DuckDb file = shop.file();
    SinkRow columnar = shop.attach(node, file);
    shop.source.own(handle ->
        handle
            .createQuery("select add_event_day('2026-01-05'), add_event_day('2026-01-06')")
            .mapTo(String.class)
            .list());
    shop.run(
        "insert into event (project_id, id, at, received_at, name, properties) select :project, n, now(), timestamptz '2026-01-05 00:00Z' + n * interval '1 hour', 'x', '{}' from generate_series(0, 30) as n");
    copy.shows("select count(*) from backspool.events", "31");
    shop.source.own(handle -> {
      handle.execute("alter table event detach partition event_20260105");
      handle.execute("insert into event select * from event_20260105 where id in (3, 4)");
      handle.execute(
          "insert into sync_forget (project_id, received_from, received_until) values (?, '2026-01-05 00:00Z', '2026-01-06 00:00Z')",
          shop.project);
      return handle.execute("drop table event_20260105");
    });
    copy.shows("select id from backspool.events where id < 25", "3", "4", "24");
    shop.settles(node, columnar.id(), shop.project);
    assertThat(shop.differences(node, columnar, shop.project, false)).isEmpty();
    copy.isEqual();
  }

  @Test
  void an_idle_node_asks_less_than_once_a_second() {
    Sync node = shop.node(Mappings.ALL, Settings.standard(), new Watcher() {});
    Copy copy = shop.copy(node);
    shop.attach(node, shop.file());
    shop.profile("u", "1");
    copy.shows(EMAILS, "u 1");
    pause(14_000); // The leases of the work before are given back.
    String transactions =
        "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()";
    long before = Long.parseLong(shop.ask(transactions).getFirst());
    pause(20_000);
    long after = Long.parseLong(shop.ask(transactions).getFirst());
    assertThat(after - before).isLessThan(20);
  }

  @Test
  void a_secret_of_a_connection_is_in_no_table_and_no_status() {
    Sync node = shop.node(1);
    UUID sink =
        node.sinks()
            .add(
                null,
                "postgres",
                "Hostile",
                "postgresql://u:very-secret@127.0.0.1:1/db?sslmode=disable",
                false);
    eventually(() -> assertThat(status(node, shop.project, sink).failures()).isPositive());
    assertThat(status(node, shop.project, sink).toString()).doesNotContain("very-secret");
    assertThat(shop.ask("select sync_sink::text || encode(connection, 'escape') from sync_sink"))
        .noneMatch(row -> row.contains("very-secret"));
    assertThat(status(node, shop.project, sink).mappings())
        .allSatisfy(mapping -> assertThat(mapping.behind()).isNotNegative())
        .anySatisfy(mapping -> assertThat(mapping.behind()).isEqualTo(3));
  }

  @Test
  void retention_waits_for_the_events_that_a_sink_lacks() {
    Sync node = shop.node(1);
    assertThat(node.readUpTo()).isAfter(Instant.now().minusSeconds(60));
    Copy copy = shop.copy(node);
    shop.run(
        "insert into event (project_id, id, at, received_at, name, properties) values (:project, 1, now(), now() - interval '3 hours', 'x', '{}')");
    copy.shows("select id from backspool.events", "1");
    shop.settles(node, copy.id, shop.project);
    assertThat(node.readUpTo()).isAfter(Instant.now().minusSeconds(60));
    node.sinks().pause(copy.id, true);
    pause(500);
    shop.run(
        "insert into event (project_id, id, at, received_at, name, properties) values (:project, 2, now(), now() - interval '2 hours', 'x', '{}')");
    assertThat(node.readUpTo()).isBefore(Instant.now().minusSeconds(7_000));
    node.sinks().resync(copy.id, null, null);
    assertThat(node.readUpTo()).isEqualTo(Instant.EPOCH);
  }
}
