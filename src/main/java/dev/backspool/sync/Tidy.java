package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets go of what was noted and is not needed any more: because all sinks have passed it, and after
 * that for as long as somebody could still write what is older. One node at a time, now and then.
 */
final class Tidy {
  private static final Logger LOG = LoggerFactory.getLogger(Tidy.class);
  private static final Duration EVERY = Duration.ofMinutes(10);
  private static final Duration SELDOM = Duration.ofMinutes(1);
  private static final Duration LEASE = Duration.ofMinutes(5);
  private static final int AT_ONCE = 20_000;

  /** After so many of these the others get their turn. */
  private static final int MOST_ROUNDS = 10;

  /** A sink that one node alone can reach, and that nobody had open for so long, is forgotten. */
  private static final Duration MISSING = Duration.ofDays(30);

  /**
   * No cursor still needs the row. One that is stopped or loading begins anew, from a later
   * snapshot.
   */
  private static final String PASSED =
      """
      not exists (
        select from sync_cursor as cursor
        where cursor.project_id = noted.project_id and %s and cursor.stop_reason is null
          and not pg_visible_in_snapshot(noted.xid, cursor.snapshot))
      """;

  private final Database database;
  private final List<Mapping> mappings;
  private final Sinks sinks;
  private final Settings settings;
  private long nextLook = System.nanoTime();
  private long nextForget = System.nanoTime();
  private Duration forgetPause;

  Tidy(Database database, List<Mapping> mappings, Sinks sinks, Settings settings) {
    this.database = database;
    this.mappings = mappings;
    this.sinks = sinks;
    this.settings = settings;
    forgetPause = settings.poll();
  }

  /** Does it when it is time; called often, by one thread. */
  void look(Paused paused) {
    if (paused.tidy()) {
      return;
    }
    try {
      forgetGone();
    } catch (RuntimeException failure) {
      LOG.warn("Keys of what was deleted stay for now: {}", failure.getMessage());
    }
    if (System.nanoTime() - nextLook < 0) {
      return;
    }
    nextLook =
        System.nanoTime()
            + EVERY.toNanos() / 2
            + ThreadLocalRandom.current().nextLong(EVERY.toNanos());
    sinks.seen();
    Lease.take(database, "sync tidy", EVERY, LEASE)
        .ifPresent(lease -> {
          try {
            tidy(lease);
            lease.finish();
          } catch (RuntimeException failure) {
            LOG.warn(
                "What the sync does not need any more stays for now: {}", failure.getMessage());
            lease.giveUp();
          }
        });
  }

  /**
   * Keys of what was deleted may name somebody: they go soon, or it is looked for them less often.
   */
  private void forgetGone() {
    if (System.nanoTime() - nextForget < 0) {
      return;
    }
    nextForget = System.nanoTime() + SELDOM.toNanos(); // Unless all goes well.
    long forgotten = 0;
    long some;
    int rounds = 0;
    do {
      some =
          database.write(handle ->
              handle
                  .createQuery("select sync_forget_gone(null, :most)")
                  .bind("most", AT_ONCE)
                  .mapTo(Long.class)
                  .one());
      forgotten += some;
    } while (some == AT_ONCE && ++rounds < MOST_ROUNDS);
    forgetPause =
        forgotten > 0
            ? settings.poll()
            : forgetPause.compareTo(SELDOM) < 0 ? forgetPause.multipliedBy(2) : SELDOM;
    nextForget = System.nanoTime() + forgetPause.toNanos();
  }

  /** Does it now. */
  void tidy(Lease lease) {
    Instant before = Instant.now().minus(settings.keepDeleted());
    for (String table : List.of("sync_batch", "sync_forget")) {
      delete(lease, table, PASSED.formatted("cursor.mapping = 'events'"));
    }
    // A key tells which page is the older one of two, and no page is that old.
    delete(
        lease,
        "sync_key",
        "changed_at < now() - interval '%s' and ".formatted(settings.keepDeleted())
            + PASSED.formatted("cursor.source = noted.source"));
    for (String table : List.of("sync_key", "sync_batch", "sync_forget")) {
      delete(
          lease,
          table,
          """
          not exists (select from project where project.id = noted.project_id)
          and not exists (select from sync_cursor where sync_cursor.project_id = noted.project_id)
          """);
    }
    forgetSinks();
    for (SinkRow row : sinks.all()) {
      tidy(row, before);
    }
  }

  private void delete(Lease lease, String table, String condition) {
    String sql =
        """
        delete from %1$s
        where ctid = any(array(select noted.ctid from %1$s as noted where %2$s limit %3$d))
        """
            .formatted(table, condition, AT_ONCE);
    int deleted;
    do {
      lease.renew(null);
      deleted =
          database.own(handle -> {
            lease.fence(handle);
            return handle.execute(sql);
          });
    } while (deleted == AT_ONCE);
  }

  private void forgetSinks() {
    database.write(handle -> {
      handle.execute(
          """
          delete from sync_sink
          where project_id is not null
            and not exists (select from project where project.id = sync_sink.project_id)
            and not exists (select from sync_cursor where sync_cursor.sink_id = sync_sink.id)
          """);
      handle.execute(
          "delete from sync_sink where place is not null and seen_at < now() - interval '%s'"
              .formatted(MISSING));
      return handle.execute(
          """
          delete from job
          where name like 'sync ________-%' and (leased_until is null or leased_until < now() - interval '1 hour')
            and not exists (
              select from sync_cursor
              where job.name = 'sync ' || sync_cursor.sink_id || ' ' || sync_cursor.project_id)
          """);
    });
  }

  private void tidy(SinkRow row, Instant before) {
    if (row.isPaused() || !sinks.isWithinReach(row)) {
      return;
    }
    try {
      Sink sink = sinks.open(row);
      for (Mapping mapping : mappings) {
        sink.tidy(mapping, before);
      }
    } catch (SinkException failure) {
      LOG.info("Sink {} keeps old versions for now: {}", row.id(), failure.getMessage());
    }
  }
}
