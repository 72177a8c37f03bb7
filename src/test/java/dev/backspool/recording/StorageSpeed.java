package dev.backspool.recording;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.UUID;

/**
 * Measures the figures of the storage page where a project has a million sessions and 100,000
 * archived recordings: with 50 sessions that wait, and with 50,000 after the archive was away. Run
 * it by hand: {@code mvn -q test-compile} and then this class. Argument: how many sessions.
 */
public final class StorageSpeed {
  private static final int ROUNDS = 20;

  private StorageSpeed() {}

  public static void main(String[] arguments) {
    int sessions = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
    try (Database database = TestPostgres.freshDatabase().open()) {
      UUID project = new Projects(database).create("Ours", "web").project().id();
      var storage = new Storage(database, Duration.ofHours(1), InstantSource.system());
      fill(database, project, sessions);
      time("50 sessions wait", storage, project);
      database.own(handle ->
          handle.execute(
              "update session set hot_since = last_event_at, hot_chunks = 12, hot_bytes = 30000"
                  + " where name ~ '^s.*[05]$' and last_event_at > now() - interval '5 days'"));
      database.own(handle -> handle.execute("analyze session"));
      time(waiting(database) + " sessions wait", storage, project);
    }
  }

  private static long waiting(Database database) {
    return database.own(handle ->
        handle
            .createQuery("select count(*) from session where hot_since is not null")
            .mapTo(Long.class)
            .one());
  }

  private static void fill(Database database, UUID project, int sessions) {
    database.own(handle ->
        handle.execute(
            """
            insert into session (
              project_id, id, name, source, started_at, last_event_at, first_received_at,
              last_received_at, chunk_count, event_count, click_count, input_count, error_count,
              page_count, raw_bytes, stored_bytes, has_full_snapshot, hot_since, hot_chunks,
              hot_bytes)
            select ?, gen_random_uuid(), 's' || n, 'backspool', at - interval '10 min', at,
              at - interval '10 min', at, 12, 400, 30, 7, 0, 3, 1000000, 30000, true,
              case when n < 50 then at end, case when n < 50 then 12 else 0 end,
              case when n < 50 then 30000 else 0 end
            from (
              select n, now() - n * interval '30 days' / ? as at from generate_series(0, ? - 1) n
            ) made
            """,
            project,
            sessions,
            sessions));
    database.own(handle ->
        handle.execute(
            """
            insert into recording_part (project_id, session_id, object, bytes, raw_bytes,
              chunk_bytes, frame_count, event_count, first_at, last_at, activity, data_key)
            select project_id, id, started_at::date || '/' || md5(id::text) || '.bksp', 6000,
              1000000, 30000, 12, 400, started_at, last_event_at,
              array_fill(3, array[32]), decode(repeat('00', 40), 'hex')
            from session
            where hot_since is null
            order by started_at
            limit 100000
            """));
    database.own(handle -> handle.execute("analyze"));
  }

  private static void time(String what, Storage storage, UUID project) {
    storage.of(project);
    storage.of(project);
    long[] micros = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      storage.of(project);
      micros[i] = (System.nanoTime() - start) / 1_000;
    }
    Arrays.sort(micros);
    System.out.printf(
        "%-30s p50 %6.1f ms   p95 %6.1f ms%n",
        what, micros[ROUNDS / 2] / 1e3, micros[ROUNDS * 95 / 100] / 1e3);
  }
}
