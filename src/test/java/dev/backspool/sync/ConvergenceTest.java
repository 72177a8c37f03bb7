package dev.backspool.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.postgres.TestPostgres;
import dev.backspool.sync.Workshop.Copy;
import dev.backspool.sync.clickhouse.TestClickHouse;
import dev.backspool.sync.duckdb.DuckDb;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Writers do anything to a few rows, workers are slow and die, a sink goes away and comes back;
 * when all is quiet the sinks hold what PostgreSQL does.
 *
 * <p>{@code -Dsync.seeds=100} for many of them, {@code -Dsync.seed=7} for one again.
 */
final class ConvergenceTest {
  private static final int WRITERS = 4;
  private static final long WRITING_MS = Long.getLong("sync.ms", 1_500);

  static Stream<Long> seeds() {
    Long one = Long.getLong("sync.seed");
    return one != null
        ? Stream.of(one)
        : LongStream.rangeClosed(1, Integer.getInteger("sync.seeds", 10)).boxed();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void sinks_hold_what_postgresql_does_when_all_is_quiet(long seed) throws Exception {
    var random = new Random(seed);
    int workers = List.of(1, 3, 8).get((int) (seed % 3));
    var chaos = new AtomicBoolean(true);
    try (var shop = new Workshop()) {
      UUID other = shop.project();
      TestPostgres.Address far = TestPostgres.freshDatabase();
      Cable cable = shop.cable(far);
      Settings settings = Settings.standard().hasty(workers).paged(1 + random.nextInt(40));
      Sync first = shop.node(Mappings.ALL, settings, trouble(chaos));
      shop.node(Mappings.ALL, settings, trouble(chaos));
      Copy copy = shop.copy(first, cable, far);
      DuckDb file = shop.file();
      SinkRow columnar = shop.attach(first, file);
      var ids = new ArrayList<>(List.of(copy.id, columnar.id()));
      var cables = new ArrayList<>(List.of(cable));
      if (TestClickHouse.isThere()) {
        Cable further = shop.cableToClickHouse();
        cables.add(further);
        ids.add(shop.house(first, further).id);
      }
      var writers = new ArrayList<Thread>();
      long end = System.nanoTime() + WRITING_MS * 1_000_000;
      for (int i = 0; i < WRITERS; i++) {
        var writer = new Writer(shop, other, new Random(seed * 31 + i), end);
        writers.add(Thread.ofPlatform().start(writer));
      }
      while (System.nanoTime() < end) {
        Workshop.pause(random.nextInt(300));
        Cable one = cables.get(random.nextInt(cables.size()));
        one.cut();
        Workshop.pause(random.nextInt(150));
        one.mend();
        if (random.nextInt(8) == 0) {
          first.sinks().resync(ids.get(random.nextInt(ids.size())), null, null);
        }
      }
      for (Thread writer : writers) {
        writer.join();
      }
      chaos.set(false);
      for (UUID id : ids) {
        SinkRow sink = Workshop.sink(first, id);
        for (UUID project : List.of(shop.project, other)) {
          shop.settles(first, sink.id(), project);
          assertThat(shop.differences(first, sink, project, false))
              .as("seed %d, %d workers, %s", seed, workers, sink.kind())
              .isEmpty();
        }
      }
    }
  }

  /** Delays, and deaths before and after a page has arrived. */
  private static Watcher trouble(AtomicBoolean isOn) {
    return new Watcher() {
      @Override
      public void at(String moment) {
        if (isOn.get()) {
          ThreadLocalRandom random = ThreadLocalRandom.current();
          if (random.nextInt(3) == 0) {
            Workshop.pause(random.nextInt(40));
          }
          if (random.nextInt(15) == 0) {
            throw new IllegalStateException("a worker dies: " + moment);
          }
        }
      }
    };
  }

  /**
   * Does something to a few rows again and again, some of it in one transaction, some rolled back.
   */
  private record Writer(Workshop shop, UUID other, Random random, long end) implements Runnable {
    @Override
    public void run() {
      while (System.nanoTime() < end) {
        try (var connection = shop.source.writer()) {
          try (var statement = connection.createStatement()) {
            int statements = 1 + random.nextInt(4);
            for (int i = 0; i < statements; i++) {
              statement.execute(
                  change()
                      .replace(
                          ":project",
                          "'" + (random.nextInt(4) == 0 ? other : shop.project) + "'::uuid"));
              if (random.nextInt(5) == 0) {
                Workshop.pause(random.nextInt(30));
              }
            }
            if (random.nextInt(8) == 0) {
              connection.rollback();
            } else {
              connection.commit();
            }
          }
        } catch (SQLException conflict) {
          // Two writers were in each other's way: one of them has lost, and nothing of it is
          // stored.
        }
      }
    }

    private String change() {
      int person = random.nextInt(12);
      int session = random.nextInt(8);
      return switch (random.nextInt(14)) {
        case 0, 1, 2 ->
            """
            insert into profile (project_id, id, email, groups, first_seen_at, last_seen_at)
            values (:project, 'u%d', 'e%d', '{g%d,g%d}', now(), now())
            on conflict (project_id, id) do update set
              email = excluded.email, groups = excluded.groups
            """
                .formatted(person, random.nextInt(1000), random.nextInt(3), random.nextInt(3));
        case 3 ->
            "delete from profile where project_id = :project and id = 'u%d'".formatted(person);
        case 4 ->
            "update profile set id = 'u%d' where project_id = :project and id = 'u%d'"
                .formatted(random.nextInt(12), person);
        case 5 ->
            "update profile set last_seen_at = now(), properties = '{\"n\": %d}' where project_id = :project"
                .formatted(random.nextInt(100));
        case 6, 7 ->
            """
            insert into session as known (
              project_id, id, source, started_at, last_event_at, first_received_at, last_received_at,
              chunk_count, event_count, click_count, input_count, error_count, page_count, raw_bytes,
              stored_bytes, has_full_snapshot)
            values (:project, '00000000-0000-4000-8000-00000000000%d', 'web', now(), now(), now(),
              now(), %d, 0, 0, 0, 0, 0, 0, 0, false)
            on conflict (project_id, id) do update set
              chunk_count = known.chunk_count + excluded.chunk_count,
              last_event_at = excluded.last_event_at
            """
                .formatted(session, random.nextInt(2));
        case 8 ->
            "delete from session where project_id = :project and id = '00000000-0000-4000-8000-00000000000%d'"
                .formatted(session);
        case 9 ->
            "update session set chunk_count = %d where project_id = :project and id = '00000000-0000-4000-8000-00000000000%d'"
                .formatted(random.nextInt(2), session);
        case 10, 11 ->
            """
            insert into event (project_id, id, at, received_at, name, properties)
            select :project, nextval('event_id'), now(), now(), 'e%d', '{}'
            from generate_series(0, %d)
            """
                .formatted(random.nextInt(100), random.nextInt(10));
        case 12 ->
            "update event set name = 'changed %d' where id = (select id from event where project_id = :project order by random() limit 1)"
                .formatted(random.nextInt(1000));
        default ->
            "delete from event_%1$s where id in (select id from event_%1$s where project_id = :project order by random() limit %2$d)"
                .formatted(
                    LocalDate.now(ZoneOffset.UTC).format(DateTimeFormatter.BASIC_ISO_DATE),
                    1 + random.nextInt(3));
      };
    }
  }
}
