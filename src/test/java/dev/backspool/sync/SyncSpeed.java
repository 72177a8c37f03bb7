package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import dev.backspool.sync.duckdb.DuckDb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Measures what the triggers cost writers, how fast a sink catches up, and what looking costs where
 * much is waiting. Run it by hand: {@code mvn -q test-compile} and then this class. Arguments: how
 * many sessions, how many events.
 */
public final class SyncSpeed {
  private static final int ROUNDS = 15;

  private final Database database;
  private final UUID project;

  private SyncSpeed(Database database) {
    this.database = database;
    project = new Projects(database).create("Shop", "web").project().id();
  }

  public static void main(String[] arguments) throws Exception {
    int sessions = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200_000;
    int events = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1_000_000;
    try (Database database = TestPostgres.freshDatabase().open()) {
      var speed = new SyncSpeed(database);
      database.own(handle ->
          handle
              .createQuery("select add_event_day(:day)")
              .bind("day", LocalDate.now(ZoneOffset.UTC))
              .mapTo(String.class)
              .list());
      speed.triggers();
      speed.waiting(sessions);
      speed.catchUp(events);
    }
  }

  private void run(String sql) {
    database.own(handle -> handle.execute(sql.replace(":project", "'" + project + "'::uuid")));
  }

  private static String sessions(int from, int to) {
    return """
    insert into session as known (
      project_id, id, source, started_at, last_event_at, first_received_at, last_received_at,
      chunk_count, event_count, click_count, input_count, error_count, page_count, raw_bytes,
      stored_bytes, has_full_snapshot, tracked_count)
    select :project, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'web', now(),
      now(), now(), now(), 0, 0, 0, 0, 0, 0, 0, 0, false, 1
    from generate_series(%d, %d) as n
    on conflict (project_id, id) do update set tracked_count = known.tracked_count + 1,
      last_event_at = excluded.last_event_at
    """
        .formatted(from, to);
  }

  private static String events(int from, int to) {
    return """
    insert into event (
      project_id, id, at, received_at, name, session_id, device_id, profile_id, path, origin,
      country, region, city, os, os_version, browser, browser_version, device, groups, properties)
    select :project, n, now(), now(), 'screen_view',
      ('00000000-0000-4000-8000-' || lpad((n %% 5000)::text, 12, '0'))::uuid,
      md5((n %% 5000)::text), md5((n %% 5000)::text), '/products/' || n %% 500,
      'https://shop.example.com', 'DE', 'BE', 'Berlin', 'Mac OS', '10.15', 'Chrome', '140',
      'desktop', '{}', '{"plan":"pro","list":"summer","position":"' || n %% 20 || '"}'
    from generate_series(%d, %d) as n
    """
        .formatted(from, to);
  }

  private void triggers() {
    run(sessions(1, 20_000));
    run("delete from sync_key");
    for (String state : List.of("disable", "enable", "disable", "enable")) {
      for (String table : List.of("session", "event")) {
        run("alter table %s %s trigger user".formatted(table, state));
      }
      report(
          "update 500 sessions, triggers %sd".formatted(state),
          40,
          i -> run(sessions(i * 500 + 1, i * 500 + 500)));
      report(
          "insert 5,000 events, triggers %sd".formatted(state),
          20,
          i -> run(events(1 + i * 5_000, i * 5_000 + 5_000)));
      run("delete from event");
    }
  }

  private interface Step {
    void run(int round);
  }

  private static void report(String what, int rounds, Step step) {
    double[] ms = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      long start = System.nanoTime();
      step.run(i);
      ms[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(ms);
    System.out.printf(
        "%-60s median %8.2f ms, best %8.2f, worst %8.2f%n",
        what, ms[rounds / 2], ms[0], ms[rounds - 1]);
  }

  /** A sink that is paused, with everything to come. */
  private void waiting(int sessions) {
    try (var node =
        new Sync(database, Mappings.ALL, Map.of("postgres", _ -> nowhere()), Settings.standard())) {
      UUID sink = node.sinks().add(null, "postgres", "Paused", "x", true);
      Workshop.pause(2_000);
      node.sinks().pause(sink, true);
      database.write(handle ->
          handle.execute(
              """
              insert into sync_cursor (
                sink_id, project_id, mapping, source, revision, generation, database, snapshot,
                is_loading)
              select ?, ?, mapping, source, 1, 1, sync_database(), pg_current_snapshot(), false
              from unnest(?::text[], ?::int[]) as wanted (mapping, source)
              on conflict do nothing
              """,
              sink,
              project,
              Mappings.ALL.stream().map(Mapping::id).toArray(String[]::new),
              Mappings.ALL.stream()
                  .map(mapping -> mapping.source().number())
                  .toArray(Integer[]::new)));
      long start = System.nanoTime();
      for (int from = 1; from <= sessions; from += 5_000) {
        run(sessions(from, from + 4_999));
      }
      System.out.printf(
          "%,d sessions noted in %d ms%n", sessions, (System.nanoTime() - start) / 1_000_000);
      database.own(handle -> handle.execute("analyze"));
      var statuses = node.statuses();
      report("status", ROUNDS, _ -> statuses.of(project));
      var pending = new Pending(database);
      report(
          "look for what is to be done",
          ROUNDS,
          _ -> pending.places(List.of(sink), false, Mappings.ALL.size()));
      Cursor cursor =
          new Cursors(database, Mappings.ALL, Workshop.sink(node, sink).fingerprint())
                  .open(
                      dev.backspool.postgres.Lease.take(
                              database, "speed", Duration.ZERO, Duration.ofMinutes(5))
                          .orElseThrow(),
                      sink,
                      project)
                  .stream()
                  .filter(each -> each.mapping().equals(Mappings.SESSIONS))
                  .findFirst()
                  .orElseThrow();
      report(
          "first page of 1,000 keys",
          ROUNDS,
          _ -> database.view(handle -> new Changes(handle, cursor).next(1_000)));
      Cursor late = cursor;
      for (int i = 0; i < sessions / 1_000 - 5; i++) {
        Cursor at = late;
        late = database.view(handle -> new Changes(handle, at).next(1_000)).next();
      }
      Cursor last = late;
      report(
          "a late page",
          ROUNDS,
          _ -> database.view(handle -> new Changes(handle, last).next(1_000)));
      node.sinks().remove(sink);
    }
  }

  private static Sink nowhere() throws SinkException {
    throw new SinkException(SinkException.Kind.UNREACHABLE, "There is none", null);
  }

  private void catchUp(int events) throws Exception {
    Path folder = Files.createTempDirectory("backspool-speed-");
    try (DuckDb file = DuckDb.open(folder.resolve("a.duckdb"), folder.resolve("tmp"), 1_024);
        var node = new Sync(database, Mappings.ALL, Map.of(), Settings.standard())) {
      node.attach(file.id(), "duckdb", "Analytics", "here", file.sink());
      Instant start = Instant.now();
      settle(node, file.id());
      System.out.printf("loaded in %d ms%n", Duration.between(start, Instant.now()).toMillis());
      start = Instant.now();
      for (int from = 1; from <= events; from += 5_000) {
        run(events(from, from + 4_999));
      }
      long written = Duration.between(start, Instant.now()).toMillis();
      settle(node, file.id());
      long there = Duration.between(start, Instant.now()).toMillis();
      System.out.printf(
          "%,d events written in %d ms, all there after %d ms%n", events, written, there);
      node.sinks().resync(file.id(), project, "events");
      start = Instant.now();
      Workshop.pause(300);
      settle(node, file.id());
      System.out.printf(
          "%,d events loaded again in %d ms%n",
          events, Duration.between(start, Instant.now()).toMillis());
    }
  }

  private void settle(Sync node, UUID sink) {
    while (true) {
      boolean isThere =
          node.statuses().of(project).sinks().stream()
              .filter(each -> each.id().equals(sink))
              .flatMap(each -> each.mappings().stream())
              .allMatch(each -> each.state() == SyncStatus.State.LIVE && each.behind() == 0);
      if (isThere) {
        return;
      }
      Workshop.pause(20);
    }
  }
}
