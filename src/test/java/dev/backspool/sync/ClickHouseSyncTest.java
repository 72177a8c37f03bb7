package dev.backspool.sync;

import static dev.backspool.sync.Workshop.eventually;
import static dev.backspool.sync.Workshop.pause;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.sync.SyncStatus.OfMapping;
import dev.backspool.sync.SyncStatus.OfSink;
import dev.backspool.sync.SyncStatus.State;
import dev.backspool.sync.Workshop.House;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What arrives in a ClickHouse, whatever happens on the way. */
final class ClickHouseSyncTest {
  private static final String EMAILS = "select concat(id, ' ', email) from @profiles";
  private static final String MADE =
      "insert into profile (project_id, id, email, first_seen_at, last_seen_at) values (:project, '%s', '%s', now(), now())";
  private static final String MANY_PROFILES =
      "insert into profile (project_id, id, email, first_seen_at, last_seen_at) select :project, 'u' || n, 'e', now(), now() from generate_series(1, %d) as n";
  private static final String MANY_EVENTS =
      "insert into event (project_id, id, at, received_at, name, groups, properties) select :project, n, now(), now(), 'x', '{a,b}', '{\"a\": \"\\u00e4\"}' from generate_series(1, %d) as n";
  private static final String GROUP =
      "insert into profile_group (project_id, id, type, name, created_at, updated_at) values (:project, 'g', 'company', 'G', now(), now())";

  private final Workshop shop = new Workshop();

  @AfterEach
  void close() {
    shop.close();
  }

  private void isEqual(Sync node, House house, UUID project) {
    shop.settles(node, house.id, project);
    assertThat(shop.differences(node, Workshop.sink(node, house.id), project, false)).isEmpty();
  }

  private static OfSink status(Sync node, UUID project, UUID sink) {
    return node.statuses().of(project).sinks().stream()
        .filter(each -> each.id().equals(sink))
        .findFirst()
        .orElseThrow();
  }

  private OfMapping status(Sync node, House house, Mapping mapping) {
    return status(node, shop.project, house.id).mappings().stream()
        .filter(each -> each.mapping().equals(mapping.id()))
        .findFirst()
        .orElseThrow();
  }

  private static String session(String id, int chunks) {
    return """
    insert into session (
      project_id, id, source, started_at, last_event_at, first_received_at, last_received_at,
      chunk_count, event_count, click_count, input_count, error_count, page_count, raw_bytes,
      stored_bytes, has_full_snapshot, first_event)
    values (
      :project, '%s', 'web', now() - interval '90 seconds', now(), now(), now(),
      %d, 5, 4, 3, 2, 1, 100, 50, true, '{"country": "DE", "osVersion": "15"}')
    """
        .formatted(id, chunks);
  }

  @Test
  void everything_of_every_mapping_arrives_as_it_is() {
    Sync node = shop.node(2);
    House house = shop.house(node);
    shop.run(
        """
        insert into profile (
          project_id, id, first_name, email, properties, groups, first_seen_at, last_seen_at)
        values
          (:project, 'ä "b", {c}\\', 'Zoë 🦊', 'z@example.com', '{"plan": "pro", "n": 1}', '{acme,"o''x, y"}', now(), now()),
          (:project, 'u2', null, null, '{}', '{}', now(), now())
        """,
        GROUP,
        session("00000000-0000-4000-8000-000000000001", 3),
        session("00000000-0000-4000-8000-000000000002", 0),
        """
        insert into event (
          project_id, id, at, received_at, name, session_id, latitude, revenue, groups, properties)
        values
          (:project, 7, now(), now(), 'screen_view', '00000000-0000-4000-8000-000000000002', 52.52, null, '{acme}', '{"a":"b"}'),
          (:project, 8, now(), now(), 'revenue', null, null, 990, null, '{}')
        """);
    isEqual(node, house, shop.project);
    house.shows(
        "select first_name, email, JSONExtractString(properties, 'plan'), groups from @profiles where email is not null",
        "Zoë 🦊\tz@example.com\tpro\t['acme','o\\'x, y']");
    house.shows("select id from @recordings", "00000000-0000-4000-8000-000000000001");
    house.shows(
        "select name, latitude, revenue, groups, properties from @events",
        "screen_view\t52.52\t\\N\t['acme']\t{\"a\":\"b\"}",
        "revenue\t\\N\t990\t[]\t{}");
  }

  @Test
  void a_change_arrives_that_was_made_before_and_committed_after_another() throws SQLException {
    House house = shop.house(shop.node(2));
    Connection late = shop.begin();
    shop.in(late, MADE.formatted("a", "first"));
    shop.profile("b", "second");
    house.shows(EMAILS, "b second");
    shop.profile("c", "third");
    house.shows(EMAILS, "b second", "c third");
    late.commit();
    house.shows(EMAILS, "a first", "b second", "c third");
  }

  @Test
  void a_key_that_is_deleted_and_made_again_is_there() {
    Sync node = shop.node(2);
    House house = shop.house(node);
    for (String key : List.of("one", "two", "paused")) {
      shop.profile(key, "old");
    }
    house.shows("select count() from @profiles", "3");
    shop.run("delete from profile where id = 'one'", MADE.formatted("one", "new"));
    shop.run("delete from profile where id = 'two'");
    shop.run(MADE.formatted("two", "new"));
    node.sinks().pause(house.id, true);
    shop.run("delete from profile where id = 'paused'");
    pause(600);
    shop.run(MADE.formatted("paused", "new"));
    node.sinks().pause(house.id, false);
    house.shows(EMAILS, "one new", "two new", "paused new");
    shop.run("delete from profile where id = 'paused'");
    house.shows(EMAILS, "one new", "two new");
    shop.run(MADE.formatted("paused", "newest"));
    house.shows(EMAILS, "one new", "two new", "paused newest");
    isEqual(node, house, shop.project);
  }

  @Test
  void a_worker_that_stood_still_changes_nothing_when_it_goes_on() {
    var stalled = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var went = new CountDownLatch(1);
    var stall = new AtomicBoolean();
    Sync slow =
        shop.node(
            1,
            new Watcher() {
              @Override
              public void at(String moment) {
                if (moment.equals("read") && stall.compareAndSet(true, false)) {
                  stalled.countDown();
                  await(goOn);
                } else if (moment.equals("applied") && goOn.getCount() == 0) {
                  went.countDown();
                }
              }
            });
    House house = shop.house(slow);
    shop.profile("changed", "1");
    shop.profile("deleted", "1");
    house.shows(EMAILS, "changed 1", "deleted 1");
    stall.set(true);
    shop.run("update profile set email = '2'");
    await(stalled);
    shop.run("update profile set email = '3' where id = 'changed'");
    shop.run("delete from profile where id = 'deleted'");
    Sync other = shop.node(1); // It takes over when the lease of the other has run out.
    house.shows(EMAILS, "changed 3");
    goOn.countDown();
    await(went);
    assertThat(house.ask(EMAILS)).containsExactly("changed 3");
    shop.profile("next", "1");
    house.shows(EMAILS, "changed 3", "next 1");
    isEqual(other, house, shop.project);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void a_page_that_comes_again_after_a_crash_leaves_the_sink_as_it_is() {
    var crashes = new AtomicInteger();
    var left = new AtomicInteger();
    Sync node =
        shop.node(
            1,
            new Watcher() {
              @Override
              public void at(String moment) {
                if (moment.equals("applied") && left.getAndDecrement() > 0) {
                  crashes.incrementAndGet();
                  throw new IllegalStateException("a crash after the sink, before the cursor");
                }
              }
            });
    House house = shop.house(node);
    shop.profile("kept", "1");
    shop.profile("deleted", "1");
    house.shows(EMAILS, "kept 1", "deleted 1");
    left.set(3);
    shop.run(
        "update profile set email = '2' where id = 'kept'",
        "delete from profile where id = 'deleted'",
        MANY_EVENTS.formatted(1));
    house.shows(EMAILS, "kept 2");
    eventually(() -> assertThat(crashes).hasValue(3));
    shop.profile("next", "1");
    house.shows(EMAILS, "kept 2", "next 1");
    house.shows("select id from @sync_events", "1");
    isEqual(node, house, shop.project);
  }

  @Test
  void a_sink_that_was_away_catches_up_by_itself_and_others_never_wait_for_it() {
    Sync node = shop.node(2);
    Cable cable = shop.cableToClickHouse();
    House away = shop.house(node, cable);
    Workshop.Copy near = shop.copy(node);
    shop.profile("first", "1");
    away.shows(EMAILS, "first 1");
    cable.cut();
    shop.run(MANY_PROFILES.formatted(20_000));
    shop.profile("last", "1");
    near.shows("select email from backspool.profiles where id = 'last'", "1");
    eventually(() -> {
      OfSink status = status(node, shop.project, away.id);
      assertThat(status.failures()).isGreaterThan(2);
      assertThat(status.errorKind()).isEqualTo(SinkException.Kind.UNREACHABLE);
      assertThat(status.error()).doesNotContain("s3cret");
    });
    cable.mend();
    away.shows("select count() from @profiles", "20002");
    isEqual(node, away, shop.project);
  }

  @Test
  void a_row_that_the_sink_does_not_take_is_put_aside_and_all_others_arrive() {
    Sync node = shop.node(2);
    House house = shop.house(node);
    shop.profile("good", "1");
    house.shows(EMAILS, "good 1");
    house.ask("alter table @sync_profiles add constraint polite check ifNull(email, '') <> 'rude'");
    shop.run(
        MANY_PROFILES.formatted(50),
        "update profile set email = 'rude' where id in ('u7', 'u31')",
        GROUP);
    house.shows("select count() from @profiles", "49");
    house.shows("select id from @groups", "g");
    eventually(() ->
        assertThat(node.statuses().quarantined(shop.project))
            .extracting(row -> row.mapping() + " " + row.key())
            .containsExactlyInAnyOrder("profiles [u7]", "profiles [u31]"));
    assertThat(node.statuses().quarantined(shop.project))
        .allSatisfy(
            row -> assertThat(row.reason()).contains("VIOLATED_CONSTRAINT").doesNotContain("rude"));
    assertThat(status(node, house, Mappings.PROFILES).state()).isEqualTo(State.LIVE);
    shop.run(
        "update profile set email = 'kind' where id = 'u7'",
        "delete from profile where id = 'u31'");
    house.shows("select email from @profiles where id in ('u7', 'u31')", "kind");
    eventually(() -> assertThat(node.statuses().quarantined(shop.project)).isEmpty());
  }

  @Test
  void rows_that_go_by_cascade_or_with_their_project_go_from_the_sink() {
    Sync node = shop.node(2);
    House house = shop.house(node);
    UUID other = shop.project();
    String session = "00000000-0000-4000-8000-00000000000";
    shop.run(
        session(session + "1", 3),
        session(session + "2", 3),
        GROUP,
        MANY_EVENTS.formatted(10),
        "insert into profile (project_id, id, groups, first_seen_at, last_seen_at) values (:project, 'u1', '{g1,g2}', now(), now()), ('%s', 'u1', '{g1}', now(), now())"
            .formatted(other));
    isEqual(node, house, shop.project);
    shop.run(
        "delete from session where id = '%s1'".formatted(session),
        "update profile set id = 'u2', groups = '{g2,g3}' where project_id = :project");
    house.shows("select id from @sessions", session + "2");
    house.shows("select id from @recordings", session + "2");
    house.shows(
        "select concat(profile_id, '/', group_id) from @group_memberships where project_id = '%s'"
            .formatted(shop.project),
        "u2/g2",
        "u2/g3");
    shop.source.own(
        handle -> handle.execute("delete from project where id = '%s'".formatted(shop.project)));
    for (Mapping mapping : Mappings.ALL) {
      house.shows(
          "select distinct project_id from @" + mapping,
          mapping.id().matches("sessions|recordings|groups|events")
              ? new String[0]
              : new String[] {other.toString()});
      house.shows(
          "select count() from @sync_%s where project_id = '%s'".formatted(mapping, shop.project),
          "0");
    }
  }

  @Test
  void a_column_that_a_newer_program_brings_is_filled_while_an_older_one_still_runs() {
    House house = shop.house(shop.node(2));
    shop.run(MANY_PROFILES.formatted(300), "update profile set first_name = 'N' || id");
    house.shows("select count() from @profiles where first_name is not null", "300");
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
    house.shows("select count() from @profiles where name_length = length(first_name)", "300");
    house.shows("select count() from @profiles where name_length = 3 and first_name = 'new'", "20");
  }

  @Test
  void a_table_that_its_owner_changed_stops_alone_until_a_resync_mends_it() {
    Sync node = shop.node(2);
    House house = shop.house(node);
    shop.profile("u", "1");
    house.shows(EMAILS, "u 1");
    house.ask("alter table @sync_profiles drop column email");
    shop.run("update profile set email = '2'", GROUP);
    house.shows("select id from @groups", "g");
    eventually(() -> {
      OfMapping profiles = status(node, house, Mappings.PROFILES);
      assertThat(profiles.state()).isEqualTo(State.STOPPED);
      assertThat(profiles.reason()).contains("email");
    });
    assertThat(status(node, house, Mappings.GROUPS).state()).isEqualTo(State.LIVE);
    shop.profile("later", "1");
    node.sinks().resync(house.id, shop.project, "profiles");
    house.shows(EMAILS, "u 2", "later 1");
    house.ask("drop table @sync_profiles");
    shop.profile("u", "3");
    eventually(
        () -> assertThat(status(node, house, Mappings.PROFILES).state()).isEqualTo(State.STOPPED));
    node.sinks().resync(house.id, null, null);
    house.shows(EMAILS, "u 3", "later 1");
    isEqual(node, house, shop.project);
  }

  @Test
  void the_verifier_finds_what_was_planted_and_has_it_mended() {
    Sync node = shop.node(2);
    House house = shop.house(node);
    shop.run(MANY_PROFILES.formatted(500), MANY_EVENTS.formatted(500));
    isEqual(node, house, shop.project);
    house.ask("delete from @sync_profiles where id = 'u7'");
    house.ask(
        "alter table @sync_profiles update email = 'altered' where id = 'u8' settings mutations_sync = 1");
    house.ask(
        "insert into @sync_profiles (project_id, id, sync_version, sync_deleted) values ('%s', 'planted', 1, 0)"
            .formatted(shop.project));
    house.ask(
        "alter table @sync_events update properties = '{}' where id = 9 settings mutations_sync = 1");
    SinkRow sink = Workshop.sink(node, house.id);
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
    House house = shop.house(node);
    shop.source.own(handle ->
        handle
            .createQuery("select add_event_day('2026-01-05'), add_event_day('2026-01-06')")
            .mapTo(String.class)
            .list());
    shop.run(
        "insert into event (project_id, id, at, received_at, name, properties) select :project, n, now(), timestamptz '2026-01-05 00:00Z' + n * interval '1 hour', 'x', '{}' from generate_series(0, 30) as n",
        "update event set name = 'changed' where id = 4");
    house.shows("select count(), countIf(name = 'changed') from @events", "31\t1");
    shop.source.own(handle -> {
      handle.execute("alter table event detach partition event_20260105");
      handle.execute("insert into event select * from event_20260105 where id in (3, 4)");
      handle.execute(
          "insert into sync_forget (project_id, received_from, received_until) values (?, '2026-01-05 00:00Z', '2026-01-06 00:00Z')",
          shop.project);
      return handle.execute("drop table event_20260105");
    });
    house.shows("select id from @events where id < 25", "3", "4", "24");
    isEqual(node, house, shop.project);
  }
}
