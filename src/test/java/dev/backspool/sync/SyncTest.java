package dev.backspool.sync;

import static dev.backspool.sync.Workshop.eventually;
import static dev.backspool.sync.Workshop.pause;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.postgres.Lease;
import dev.backspool.sync.Workshop.Copy;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What arrives in somebody's PostgreSQL, whatever happens on the way. */
final class SyncTest {
  private static final String EMAILS = "select id || ' ' || email from backspool.profiles";

  private final Workshop shop = new Workshop();

  @AfterEach
  void close() {
    shop.close();
  }

  @Test
  void everything_of_every_mapping_arrives_as_it_is() {
    Copy copy = shop.copy(shop.node(2));
    shop.run(
        """
        insert into profile (
          project_id, id, first_name, email, properties, groups, first_seen_at, last_seen_at)
        values
          (:project, 'ä "b", {c}\\', 'Zoë 🦊', 'z@example.com', '{"plan": "pro", "n": 1}', '{acme,"o''x, y"}', now(), now()),
          (:project, 'u2', null, null, '{}', '{}', now(), now())
        """,
        """
        insert into profile_group (project_id, id, type, name, properties, created_at, updated_at)
        values (:project, 'acme', 'company', 'Acme', '{"size": "9"}', now(), now())
        """,
        session("00000000-0000-4000-8000-000000000001", 3),
        session("00000000-0000-4000-8000-000000000002", 0),
        """
        insert into event (
          project_id, id, at, received_at, name, session_id, latitude, revenue, groups, properties)
        values
          (:project, 7, now(), now(), 'screen_view', '00000000-0000-4000-8000-000000000002', 52.52, null, '{acme}', '{"a":"b"}'),
          (:project, 8, now(), now(), 'revenue', null, null, 990, null, '{}')
        """);
    copy.isEqual();
    copy.shows(
        "select id || ' ' || first_name || ' ' || email || ' ' || (properties ->> 'plan') || ' ' || groups::text from backspool.profiles where email is not null",
        "ä \"b\", {c}\\ Zoë 🦊 z@example.com pro {acme,\"o'x, y\"}");
    copy.shows(
        "select profile_id || '/' || group_id from backspool.group_memberships",
        "ä \"b\", {c}\\/acme",
        "ä \"b\", {c}\\/o'x, y");
    copy.shows("select id from backspool.recordings", "00000000-0000-4000-8000-000000000001");
    copy.shows(
        "select kind || ' ' || length(begins_with) from backspool.write_keys",
        "sdk 8",
        "publishable 8",
        "client 8");
    copy.shows(
        "select name || ' ' || coalesce(latitude::text, '-') || ' ' || coalesce(revenue::text, '-') || ' ' || groups::text from backspool.events",
        "screen_view 52.52 - {acme}",
        "revenue - 990 {}");
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
  void what_was_there_before_the_sink_is_loaded_and_what_changes_meanwhile_follows() {
    shop.run(
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) select :project, 'u' || n, 'before', now(), now() from generate_series(1, 500) as n",
        "insert into event (project_id, id, at, received_at, name, properties) select :project, n, now(), now(), 'x', '{}' from generate_series(1, 500) as n");
    // As if all that had been there before anybody noted keys.
    shop.run("delete from sync_key", "delete from sync_batch");
    Copy copy =
        shop.copy(
            shop.node(
                Mappings.ALL,
                Settings.standard().hasty(2).paged(50),
                new Watcher() {
                  @Override
                  public void at(String moment) {
                    if (moment.equals("loaded")) {
                      pause(20);
                    }
                  }
                }));
    for (int i = 0; i < 20; i++) {
      shop.run(
          "update profile set email = 'after %d' where id = 'u%d'".formatted(i, i * 25 + 1),
          "delete from profile where id = 'u%d'".formatted(i * 25 + 2),
          "delete from event where id = %d".formatted(i * 25 + 3));
      pause(10);
    }
    copy.isEqual();
    copy.shows("select count(*) from backspool.profiles", "480");
  }

  @Test
  void a_change_arrives_that_was_made_before_and_committed_after_another() {
    Copy copy = shop.copy(shop.node(2));
    Connection late = shop.begin();
    shop.in(
        late,
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) values (:project, 'a', 'first', now(), now())");
    shop.profile("b", "second");
    copy.shows(EMAILS, "b second");
    shop.profile("c", "third");
    copy.shows(EMAILS, "b second", "c third");
    commit(late);
    copy.shows(EMAILS, "a first", "b second", "c third");
  }

  private static void commit(Connection connection) {
    try {
      connection.commit();
    } catch (java.sql.SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Test
  void a_key_that_is_deleted_and_made_again_is_there() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    shop.profile("one transaction", "old");
    shop.profile("two transactions", "old");
    shop.profile("while paused", "old");
    copy.shows("select count(*) from backspool.profiles", "3");
    String made =
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) values (:project, '%s', 'new', now(), now())";
    shop.run("delete from profile where id = 'one transaction'", made.formatted("one transaction"));
    shop.run("delete from profile where id = 'two transactions'");
    shop.run(made.formatted("two transactions"));
    node.sinks().pause(copy.id, true);
    shop.run("delete from profile where id = 'while paused'");
    pause(600);
    shop.run(made.formatted("while paused"));
    node.sinks().pause(copy.id, false);
    copy.shows(EMAILS, "one transaction new", "two transactions new", "while paused new");
    shop.run("delete from profile where id = 'while paused'");
    copy.shows(EMAILS, "one transaction new", "two transactions new");
    shop.run(made.formatted("while paused"));
    copy.shows(EMAILS, "one transaction new", "two transactions new", "while paused new");
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
    Copy copy = shop.copy(slow);
    shop.profile("changed", "1");
    shop.profile("deleted", "1");
    copy.shows(EMAILS, "changed 1", "deleted 1");
    stall.set(true);
    shop.run("update profile set email = '2'");
    await(stalled);
    shop.run("update profile set email = '3' where id = 'changed'");
    shop.run("delete from profile where id = 'deleted'");
    shop.node(1); // It takes over when the lease of the other has run out.
    copy.shows(EMAILS, "changed 3");
    List<String> before = copy.ask("select xmin || ' ' || ctid from backspool.profiles");
    goOn.countDown();
    await(went);
    assertThat(copy.ask("select xmin || ' ' || ctid from backspool.profiles")).isEqualTo(before);
    shop.profile("next", "1");
    copy.shows(EMAILS, "changed 3", "next 1");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
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
    Copy copy = shop.copy(node);
    shop.profile("kept", "1");
    shop.profile("deleted", "1");
    copy.shows(EMAILS, "kept 1", "deleted 1");
    left.set(3);
    shop.run(
        "update profile set email = '2' where id = 'kept'",
        "delete from profile where id = 'deleted'",
        "insert into event (project_id, id, at, received_at, name, properties) values (:project, 1, now(), now(), 'x', '{}')");
    copy.shows(EMAILS, "kept 2");
    copy.shows("select id from backspool.events", "1");
    String rows =
        "select id || ' ' || xmin from backspool.profiles union all select id || ' ' || xmin from backspool.events";
    List<String> first = copy.ask(rows);
    eventually(() -> assertThat(crashes).hasValue(3));
    shop.profile("next", "1");
    copy.shows(EMAILS, "kept 2", "next 1");
    assertThat(copy.ask(rows)).containsAll(first);
  }

  @Test
  void a_cursor_never_steps_back() {
    Copy copy = shop.copy(shop.node(3));
    shop.node(3);
    var seen = new java.util.ArrayList<String>();
    for (int i = 0; i < 60; i++) {
      shop.profile("u" + i % 7, "email " + i);
      seen.add(
          shop
              .ask(
                  "select snapshot || ' ' || coalesce(target::text, '-') || ' ' || xid || ' ' || seq from sync_cursor where mapping = 'profiles'")
              .stream()
              .findFirst()
              .orElse(""));
      pause(10);
    }
    copy.isEqual();
    List<long[]> snapshots =
        seen.stream()
            .filter(text -> !text.isEmpty())
            .map(text -> text.split("[ :]", -1))
            .map(parts -> new long[] {Long.parseLong(parts[0]), Long.parseLong(parts[1])})
            .toList();
    for (int i = 1; i < snapshots.size(); i++) {
      assertThat(snapshots.get(i)[0]).isGreaterThanOrEqualTo(snapshots.get(i - 1)[0]);
      assertThat(snapshots.get(i)[1]).isGreaterThanOrEqualTo(snapshots.get(i - 1)[1]);
    }
    assertThat(snapshots.getLast()[1]).isGreaterThan(snapshots.getFirst()[1]);
  }

  @Test
  void a_deletion_that_is_rolled_back_is_never_seen() throws Exception {
    Copy copy = shop.copy(shop.node(2));
    shop.profile("stays", "1");
    copy.shows(EMAILS, "stays 1");
    Connection failing = shop.begin();
    shop.in(failing, "delete from profile where id = 'stays'");
    shop.profile("other", "1");
    copy.shows(EMAILS, "stays 1", "other 1");
    failing.rollback();
    shop.profile("other", "2");
    copy.shows(EMAILS, "stays 1", "other 2");
  }

  @Test
  void rows_that_go_by_cascade_or_by_hand_go_from_the_sink() {
    Copy copy = shop.copy(shop.node(2));
    UUID other = shop.project();
    String session = "00000000-0000-4000-8000-00000000000";
    shop.run(
        session(session + "1", 3),
        session(session + "2", 3),
        "insert into profile (project_id, id, groups, first_seen_at, last_seen_at) values (:project, 'u1', '{g1,g2}', now(), now()), ('%s', 'u1', '{g1}', now(), now())"
            .formatted(other),
        "insert into profile_group (project_id, id, type, name, created_at, updated_at) values (:project, 'g1', 'company', 'G', now(), now())",
        "insert into event (project_id, id, at, received_at, name, properties) values (:project, 1, now(), now(), 'x', '{}'), (:project, 2, now(), now(), 'x', '{}'), ('%s', 3, now(), now(), 'x', '{}')"
            .formatted(other));
    copy.isEqual();
    shop.run("delete from session where id = '%s1'".formatted(session));
    copy.shows("select id from backspool.sessions", session + "2");
    copy.shows("select id from backspool.recordings", session + "2");
    shop.source.own(handle ->
        handle.execute(
            "delete from event_%s where id = 1"
                .formatted(
                    java.time.LocalDate.now(java.time.ZoneOffset.UTC)
                        .format(java.time.format.DateTimeFormatter.BASIC_ISO_DATE))));
    copy.shows("select id from backspool.events", "2", "3");
    shop.source.own(
        handle -> handle.execute("delete from project where id = '%s'".formatted(shop.project)));
    for (Mapping mapping : Mappings.ALL) {
      copy.shows(
          "select distinct project_id from backspool." + mapping,
          mapping.id().matches("sessions|recordings|groups")
              ? new String[0]
              : new String[] {other.toString()});
    }
  }

  @Test
  void a_key_that_changes_leaves_no_old_one_behind() {
    Copy copy = shop.copy(shop.node(2));
    shop.run(
        "insert into profile (project_id, id, email, groups, first_seen_at, last_seen_at) values (:project, 'old', '1', '{a,b}', now(), now())");
    copy.shows(EMAILS, "old 1");
    shop.run("update profile set id = 'new', groups = '{b,c}' where id = 'old'");
    copy.shows(EMAILS, "new 1");
    copy.shows(
        "select profile_id || '/' || group_id from backspool.group_memberships", "new/b", "new/c");
  }

  @Test
  void another_node_goes_on_where_one_died_and_what_that_still_writes_is_refused() {
    Sync node = shop.node(1);
    Copy copy = shop.copy(node);
    shop.profile("u", "1");
    copy.shows(EMAILS, "u 1");
    String job = "sync " + copy.id + " " + shop.project;
    String fingerprint = Workshop.sink(node, copy.id).fingerprint();
    node.close();
    // One that has just taken the place, and says nothing any more.
    Lease dead = Lease.take(shop.source, job, Duration.ZERO, Duration.ofSeconds(2)).orElseThrow();
    Cursor cursor =
        new Cursors(shop.source, Mappings.ALL, fingerprint)
            .open(dead, copy.id, shop.project).stream()
                .filter(each -> each.mapping().equals(Mappings.PROFILES))
                .findFirst()
                .orElseThrow();
    shop.profile("u", "2");
    shop.node(1);
    assertThat(copy.ask(EMAILS)).containsExactly("u 1");
    copy.shows(EMAILS, "u 2");
    assertThatThrownBy(
            () -> new Cursors(shop.source, Mappings.ALL, fingerprint).save(dead, cursor, 0))
        .isInstanceOf(Lease.Lost.class);
  }

  @Test
  void what_is_emptied_as_a_whole_is_loaded_again() {
    Copy copy = shop.copy(shop.node(2));
    shop.profile("gone", "1");
    copy.shows(EMAILS, "gone 1");
    shop.source.own(handle -> handle.execute("truncate profile"));
    copy.shows(EMAILS);
    shop.profile("new", "1");
    copy.shows(EMAILS, "new 1");
    copy.isEqual();
  }

  @Test
  void projects_do_not_mix_in_one_sink_and_a_sink_of_one_project_gets_no_other() {
    Sync node = shop.node(3);
    Copy all = shop.copy(node);
    UUID other = shop.project();
    Copy one = shop.copy(node, dev.backspool.postgres.TestPostgres.freshDatabase(), other);
    shop.run(
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) values (:project, 'u', 'ours', now(), now()), ('%s', 'u', 'theirs', now(), now())"
            .formatted(other));
    all.shows("select email from backspool.profiles", "ours", "theirs");
    one.shows("select email from backspool.profiles", "theirs");
    shop.run("delete from profile where project_id = :project");
    all.shows("select email from backspool.profiles", "theirs");
    one.shows("select distinct project_id from backspool.projects", other.toString());
  }

  @Test
  void a_page_with_a_row_of_another_project_goes_nowhere_and_the_mapping_stops() {
    UUID other = shop.project();
    shop.run(
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) values (:project, 'u', 'ours', now(), now()), ('%s', 'u', 'theirs', now(), now())"
            .formatted(other),
        "insert into profile_group (project_id, id, type, name, properties, created_at, updated_at) values (:project, 'acme', 'company', 'Acme', '{}', now(), now())",
        // As if that had been there before anybody noted keys.
        "delete from sync_key");
    Mapping now = Mappings.PROFILES;
    var leaking =
        new Mapping(
            now.id(),
            now.source(),
            now.revision(),
            now.key(),
            now.columns(),
            null,
            // What is asked of the project is asked of the last part alone.
            "%1$s) as it union all select it.* from (%1$s".formatted(now.query()));
    var mappings = new ArrayList<>(Mappings.ALL);
    mappings.set(mappings.indexOf(now), leaking);
    Sync node = shop.node(mappings, Settings.standard().hasty(2), new Watcher() {});
    Copy copy = shop.copy(node, dev.backspool.postgres.TestPostgres.freshDatabase(), shop.project);
    copy.shows("select name from backspool.groups", "Acme");
    eventually(() ->
        assertThat(
                shop.source.<String>own(handle ->
                    handle
                        .createQuery(
                            "select coalesce(stop_reason, '') from sync_cursor where sink_id = :sink and mapping = 'profiles'")
                        .bind("sink", copy.id)
                        .mapTo(String.class)
                        .one()))
            .contains("a row of another project"));
    copy.shows("select email from backspool.profiles");
  }

  @Test
  void a_database_that_is_removed_and_added_again_ends_with_what_is_there_now() {
    Sync node = shop.node(2);
    var address = dev.backspool.postgres.TestPostgres.freshDatabase();
    Copy before = shop.copy(node, address, null);
    shop.profile("stays", "1");
    shop.profile("goes", "1");
    before.shows(EMAILS, "goes 1", "stays 1");
    // Whatever is loaded after this lies far above what a new sink would begin with.
    node.sinks().resync(before.id, null, null);
    node.sinks().resync(before.id, null, null);
    shop.settles(node, before.id, shop.project);
    node.sinks().remove(before.id);
    shop.run("delete from profile where id = 'goes'", "update profile set email = '2'");
    // As if all sinks had passed that long ago.
    shop.run("delete from sync_key");
    Copy again = shop.copy(node, address, null);
    again.shows(EMAILS, "stays 2");
    shop.profile("comes", "3");
    again.shows(EMAILS, "comes 3", "stays 2");
    again.isEqual();
  }

  @Test
  void a_resync_of_one_project_that_finds_the_table_gone_fills_it_for_all() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    UUID quiet = shop.project();
    shop.run(
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) values (:project, 'u', 'ours', now(), now()), ('%s', 'u', 'theirs', now(), now())"
            .formatted(quiet));
    copy.shows("select email from backspool.profiles", "ours", "theirs");
    shop.settles(node, copy.id, quiet);
    copy.run("drop table backspool.profiles");
    node.sinks().resync(copy.id, shop.project, "profiles");
    copy.shows("select email from backspool.profiles", "ours", "theirs");
  }

  @Test
  void a_table_that_was_made_anew_by_one_who_died_before_saying_so_is_filled() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    shop.profile("u", "1");
    copy.shows(EMAILS, "u 1");
    node.close();
    copy.run("truncate backspool.profiles");
    copy.run("delete from backspool.sync_load where mapping = 'profiles'");
    shop.node(2);
    copy.shows(EMAILS, "u 1");
  }

  @Test
  void a_table_that_takes_no_row_any_more_stops_and_fills_no_quarantine() {
    Sync node = shop.node(2);
    Copy copy = shop.copy(node);
    shop.profile("u", "1");
    copy.shows(EMAILS, "u 1");
    copy.run("alter table backspool.profiles add constraint never check (email = '1') not valid");
    shop.run(
        "insert into profile (project_id, id, email, first_seen_at, last_seen_at) select :project, 'u' || n, 'other', now(), now() from generate_series(1, 1500) as n");
    eventually(() -> {
      SyncStatus.OfMapping profiles =
          node.statuses().of(shop.project).sinks().getFirst().mappings().stream()
              .filter(each -> each.mapping().equals("profiles"))
              .findFirst()
              .orElseThrow();
      assertThat(profiles.state()).isEqualTo(SyncStatus.State.STOPPED);
      assertThat(profiles.reason()).contains("It takes none of 1,000 rows in a row");
    });
  }
}
