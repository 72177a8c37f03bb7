package dev.backspool.archiver;

import static java.util.stream.Collectors.groupingBy;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rids the archive of objects that no row names any more, and of those that were planned and never
 * recorded. That one is being deleted is committed first, so that nobody puts it in charge again;
 * its row goes when it is gone. Any number of nodes may delete at a time.
 */
public final class DoomedObjects {
  private static final Logger LOG = LoggerFactory.getLogger(DoomedObjects.class);

  private static final int AT_ONCE = 1_000;

  /** So many are deleted by one call, which ends within the lease however slow the archive is. */
  private static final int BY_ONE_CALL = 100;

  /** After this another node takes over from one that died. */
  static final Duration LEASE = Duration.ofMinutes(20);

  private static final int MOST_ERROR = 500;

  private final Database database;
  private final Archives archives;
  private final InstantSource clock;
  private final Counts counts;

  DoomedObjects(Database database, Archives archives, InstantSource clock, Counts counts) {
    this.database = database;
    this.archives = archives;
    this.clock = clock;
    this.counts = counts;
  }

  /**
   * An object that this process is to delete.
   *
   * @param untilMs the lease's end, in epoch ms: who finds another one in the row has lost it; 0
   *     while there is none
   */
  private record Doomed(ObjectKey key, boolean cold, int failures, long untilMs) {
    UUID project() {
      return key.project();
    }

    String object() {
      return key.name();
    }
  }

  /**
   * Deletes everything whose time has come.
   *
   * @return how many objects' rows are gone
   */
  public int deleteDue() {
    int deleted = 0;
    Taken taken;
    int gone;
    do {
      taken = Transaction.run(database, this::take);
      gone = 0;
      if (!taken.objects().isEmpty()) {
        Steps.reached(Step.DOOMED);
        for (Map.Entry<Boolean, List<Doomed>> tier :
            taken.objects().stream().collect(groupingBy(Doomed::cold)).entrySet()) {
          gone += deleteAll(archives.holding(tier.getKey()), tier.getValue());
        }
      }
      deleted += gone;
    } while (taken.due() == AT_ONCE && gone + taken.spared() > 0);
    return deleted;
  }

  /**
   * What was due.
   *
   * @param spared how many of it a row is in charge of
   * @param objects the others, which are leased
   */
  private record Taken(int spared, List<Doomed> objects) {
    int due() {
      return spared + objects.size();
    }
  }

  private Taken take(Connection connection) throws SQLException {
    var named = new ArrayList<Doomed>();
    var unnamed = new ArrayList<Doomed>();
    lockDue(connection, named, unnamed);
    if (!named.isEmpty()) {
      LOG.error("{} objects were to be deleted and are in charge; they stay", named.size());
      spare(connection, named);
    }
    return new Taken(named.size(), lease(connection, unnamed));
  }

  /**
   * What a row is in charge of is not deleted, however it came here. In another tier than the
   * part's only a copy goes that the move between the tiers left: should two tiers be one place,
   * nothing else is lost.
   */
  private void lockDue(Connection connection, List<Doomed> named, List<Doomed> unnamed)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select project_id, object, cold, failures,
              not deleting and exists (
                select from named_object as part
                where part.project_id = doomed.project_id and part.object = doomed.object
                  and (part.cold = doomed.cold or ? or reason not in ('moved', 'planned'))
              ) as named
            from doomed_object as doomed
            where not_before <= at(?)
            order by not_before
            limit ?
            for update skip locked
            """)) {
      statement.setBoolean(1, archives.cold() == null);
      statement.setLong(2, clock.instant().toEpochMilli());
      statement.setInt(3, AT_ONCE);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          (rows.getBoolean("named") ? named : unnamed).add(doomed(rows, 0));
        }
      }
    }
  }

  private static Doomed doomed(ResultSet row, long untilMs) throws SQLException {
    return new Doomed(
        new ObjectKey(row.getObject("project_id", UUID.class), row.getString("object")),
        row.getBoolean("cold"),
        row.getInt("failures"),
        untilMs);
  }

  private static void spare(Connection connection, List<Doomed> named) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            delete from doomed_object as doomed
            using unnest(?::uuid[], ?::text[], ?::boolean[]) as named (project_id, object, cold)
            where doomed.project_id = named.project_id and doomed.object = named.object
              and doomed.cold = named.cold
            """)) {
      new Columns<>(statement, named)
          .uuids(Doomed::project)
          .text(Doomed::object)
          .booleans(Doomed::cold);
      statement.executeUpdate();
    }
  }

  /** Leases objects, once more those that are still ours, in the caller's transaction. */
  private List<Doomed> lease(Connection connection, List<Doomed> objects) throws SQLException {
    long until = clock.instant().plus(LEASE).toEpochMilli();
    try (var statement =
        connection.prepareStatement(
            """
            update doomed_object as doomed set deleting = true, not_before = at(?)
            from unnest(?::uuid[], ?::text[], ?::boolean[], ?::bigint[])
              as held (project_id, object, cold, until)
            where doomed.project_id = held.project_id and doomed.object = held.object
              and doomed.cold = held.cold
              and (held.until = 0 or doomed.deleting and doomed.not_before = at(held.until))
            returning doomed.project_id, doomed.object, doomed.cold, doomed.failures
            """)) {
      statement.setLong(1, until);
      new Columns<>(statement, objects, 2)
          .uuids(Doomed::project)
          .text(Doomed::object)
          .booleans(Doomed::cold)
          .longs(Doomed::untilMs);
      var leased = new ArrayList<Doomed>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          leased.add(doomed(rows, until));
        }
      }
      return leased;
    }
  }

  private int deleteAll(Archive archive, List<Doomed> objects) {
    int gone = 0;
    for (int from = 0; from < objects.size(); from += BY_ONE_CALL) {
      gone += delete(archive, objects.subList(from, Math.min(from + BY_ONE_CALL, objects.size())));
    }
    return gone;
  }

  /**
   * Deletes objects together; where that fails and the archive is there, by halves, so that one
   * that cannot be deleted does not keep the others. What another node has taken over is left to
   * it: by now the same object may be in charge again.
   */
  private int delete(Archive archive, List<Doomed> leased) {
    List<Doomed> objects = Transaction.run(database, connection -> lease(connection, leased));
    if (objects.isEmpty()) {
      return 0;
    }
    try {
      archive.delete(objects.stream().map(Doomed::key).toList());
    } catch (ArchiveUnavailable failure) {
      if (Thread.currentThread().isInterrupted()) {
        return 0; // The process is stopping; the lease runs out.
      }
      if (objects.size() == 1 || !answers(archive)) {
        postpone(objects, String.valueOf(failure.getMessage()));
        return 0;
      }
      int half = objects.size() / 2;
      return delete(archive, objects.subList(0, half))
          + delete(archive, objects.subList(half, objects.size()));
    }
    Steps.reached(Step.DELETED);
    forget(objects);
    Steps.reached(Step.FORGOTTEN);
    counts.deleted(objects.size());
    return objects.size();
  }

  private static boolean answers(Archive archive) {
    try {
      archive.check();
      return true;
    } catch (ArchiveUnavailable away) {
      return false;
    }
  }

  private void forget(List<Doomed> objects) {
    Transaction.run(
        database,
        connection -> {
          try (var statement =
              connection.prepareStatement(
                  """
                  delete from doomed_object as doomed
                  using unnest(?::uuid[], ?::text[], ?::boolean[], ?::bigint[])
                    as gone (project_id, object, cold, until)
                  where doomed.project_id = gone.project_id and doomed.object = gone.object
                    and doomed.cold = gone.cold
                    and doomed.deleting and doomed.not_before = at(gone.until)
                  """)) {
            new Columns<>(statement, objects)
                .uuids(Doomed::project)
                .text(Doomed::object)
                .booleans(Doomed::cold)
                .longs(Doomed::untilMs);
            return statement.executeUpdate();
          }
        });
  }

  private void postpone(List<Doomed> objects, String error) {
    counts.undeleted(objects.size());
    LOG.warn("{} objects are not deleted yet: {}", objects.size(), error);
    Instant now = clock.instant();
    Transaction.run(
        database,
        connection -> {
          try (var statement =
              connection.prepareStatement(
                  """
                  update doomed_object as doomed set
                    failures = doomed.failures + 1, error = ?, not_before = at(failed.until)
                  from unnest(?::uuid[], ?::text[], ?::boolean[], ?::bigint[], ?::bigint[])
                    as failed (project_id, object, cold, held, until)
                  where doomed.project_id = failed.project_id and doomed.object = failed.object
                    and doomed.cold = failed.cold
                    and doomed.deleting and doomed.not_before = at(failed.held)
                  """)) {
            statement.setString(
                1, error.length() > MOST_ERROR ? error.substring(0, MOST_ERROR) : error);
            new Columns<>(statement, objects, 2)
                .uuids(Doomed::project)
                .text(Doomed::object)
                .booleans(Doomed::cold)
                .longs(Doomed::untilMs)
                .longs(object -> now.plus(Pause.after(object.failures())).toEpochMilli());
            return statement.executeUpdate();
          }
        });
  }
}
