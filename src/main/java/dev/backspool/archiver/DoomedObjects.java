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
 * Rids the archive of objects that no recording names any more, and of those that were planned and
 * never recorded. That one is being deleted is committed first, so that nobody puts it in charge
 * again; its row goes when it is gone. Any number of nodes may delete at a time.
 */
public final class DoomedObjects {
  private static final Logger LOG = LoggerFactory.getLogger(DoomedObjects.class);

  /** A bucket deletes so many by one request. */
  private static final int AT_ONCE = 1_000;

  /** Within this a delete ends; after it another node takes over from one that died. */
  private static final Duration LEASE = Duration.ofMinutes(5);

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

  private record Doomed(ObjectKey key, boolean cold, int failures) {
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
    List<Doomed> some;
    int gone;
    do {
      some = Transaction.run(database, this::take);
      gone = 0;
      if (!some.isEmpty()) {
        Steps.reached(Step.DOOMED);
        for (Map.Entry<Boolean, List<Doomed>> tier :
            some.stream().collect(groupingBy(Doomed::cold)).entrySet()) {
          gone += delete(archives.holding(tier.getKey()), tier.getValue());
        }
      }
      deleted += gone;
    } while (some.size() == AT_ONCE && gone > 0);
    return deleted;
  }

  /** What a row of a part names is not deleted, however it came here. */
  private List<Doomed> take(Connection connection) throws SQLException {
    Instant now = clock.instant();
    try (var named =
        connection.prepareStatement(
            """
            delete from doomed_object as doomed
            where not_before <= at(?) and not deleting
              and exists (
                select from recording_part as part
                where part.project_id = doomed.project_id and part.object = doomed.object
                  and (part.cold = doomed.cold or ?))
            """)) {
      named.setLong(1, now.toEpochMilli());
      named.setBoolean(2, archives.cold() == null);
      int spared = named.executeUpdate();
      if (spared > 0) {
        LOG.error("{} objects were to be deleted and belong to recordings; they stay", spared);
      }
    }
    try (var statement =
        connection.prepareStatement(
            """
            with due as (
              select project_id, object, cold
              from doomed_object
              where not_before <= at(?)
              order by not_before
              limit ?
              for update skip locked
            )
            update doomed_object as doomed set deleting = true, not_before = at(?)
            from due
            where doomed.project_id = due.project_id and doomed.object = due.object
              and doomed.cold = due.cold
            returning doomed.project_id, doomed.object, doomed.cold, doomed.failures
            """)) {
      statement.setLong(1, now.toEpochMilli());
      statement.setInt(2, AT_ONCE);
      statement.setLong(3, now.plus(LEASE).toEpochMilli());
      var due = new ArrayList<Doomed>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          due.add(
              new Doomed(
                  new ObjectKey(rows.getObject(1, UUID.class), rows.getString(2)),
                  rows.getBoolean(3),
                  rows.getInt(4)));
        }
      }
      return due;
    }
  }

  /**
   * Deletes objects together; where that fails and the archive is there, by halves, so that one
   * that cannot be deleted does not keep the others.
   */
  private int delete(Archive archive, List<Doomed> objects) {
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
                  using unnest(?::uuid[], ?::text[], ?::boolean[]) as gone (project_id, object, cold)
                  where doomed.project_id = gone.project_id and doomed.object = gone.object
                    and doomed.cold = gone.cold and doomed.deleting
                  """)) {
            new Columns<>(statement, objects)
                .uuids(Doomed::project)
                .text(Doomed::object)
                .booleans(Doomed::cold);
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
                  from unnest(?::uuid[], ?::text[], ?::boolean[], ?::bigint[])
                    as failed (project_id, object, cold, until)
                  where doomed.project_id = failed.project_id and doomed.object = failed.object
                    and doomed.cold = failed.cold and doomed.deleting
                  """)) {
            statement.setString(
                1, error.length() > MOST_ERROR ? error.substring(0, MOST_ERROR) : error);
            new Columns<>(statement, objects, 2)
                .uuids(Doomed::project)
                .text(Doomed::object)
                .booleans(Doomed::cold)
                .longs(object -> now.plus(Pause.after(object.failures())).toEpochMilli());
            return statement.executeUpdate();
          }
        });
  }
}
