package dev.backspool.archiver;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.Listing;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archive.StoredObject;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.Lease;
import dev.backspool.recording.Archives;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks the whole archive for objects that no row names. There should be none, as every object is
 * planned before it is put; this is for what no plan foresaw, such as a machine that slept in the
 * middle of a put. Many of them mean that the database was set back to an older copy, and that a
 * newer one may still name them: then none is deleted.
 *
 * <p>It looks at projects that the database knows, and leaves what belongs to others alone: those
 * may be another installation's, under the same address.
 */
public final class OrphanSweep {
  private static final Logger LOG = LoggerFactory.getLogger(OrphanSweep.class);
  private static final String JOB = "archive-sweep";
  private static final Duration EVERY = Duration.ofDays(1);
  private static final Duration LEASE = Duration.ofMinutes(15);

  /** An object may be older than its row by as long as a put takes, and clocks differ. */
  static final Duration AGE = Duration.ofDays(1);

  /** So many are deleted, however few others there are. */
  static final int FEW = 20;

  /** More of all objects than one in so many are not deleted. */
  static final int MOST_SHARE = 10;

  /** More are not held: they are too many to be deleted anyway. */
  private static final int MOST_HELD = 50_000;

  private static final int DOOMED_AT_ONCE = 1_000;

  private final Database database;
  private final Archives archives;
  private final InstantSource clock;

  OrphanSweep(Database database, Archives archives, InstantSource clock) {
    this.database = database;
    this.archives = archives;
    this.clock = clock;
  }

  /**
   * What a sweep found.
   *
   * @param objects that it looked at
   * @param orphans of them, which are deleted from now on
   */
  public record Swept(long objects, long orphans) {}

  /** Sweeps if it is time, and no other node does. */
  void sweepWhenDue() {
    Lease.take(database, JOB, EVERY, LEASE).ifPresent(this::sweep);
  }

  private void sweep(Lease lease) {
    boolean done = false;
    try {
      Swept swept = sweep(AGE, () -> lease.renew(null));
      done = true;
      LOG.info("Of {} objects of the archive {} had no row", swept.objects(), swept.orphans());
    } catch (ArchiveUnavailable away) {
      LOG.warn("The archive was not swept: {}", away.getMessage());
    } finally {
      if (done) {
        lease.finish();
      } else {
        lease.giveUp();
      }
    }
  }

  /**
   * Dooms every object without a row, unless there are many, and frees what unfinished puts left.
   *
   * @param age how old an object is at least, to be one without a row rather than one that is just
   *     coming
   * @param progress called after each page of the listing
   */
  public Swept sweep(Duration age, Runnable progress) throws ArchiveUnavailable {
    var swept = sweep(archives.main(), false, age, progress);
    Archive cold = archives.cold();
    if (cold == null) {
      return swept;
    }
    var sweptCold = sweep(cold, true, age, progress);
    return new Swept(swept.objects() + sweptCold.objects(), swept.orphans() + sweptCold.orphans());
  }

  private Swept sweep(Archive archive, boolean cold, Duration age, Runnable progress)
      throws ArchiveUnavailable {
    archive.removeLeftovers(AGE);
    Instant before = clock.instant().minus(age);
    long objects = 0;
    var orphans = new ArrayList<ObjectKey>();
    Listing listing = archive.list("");
    for (List<StoredObject> page = listing.next();
        !page.isEmpty() && orphans.size() <= MOST_HELD;
        page = listing.next()) {
      objects += page.size();
      Set<ObjectKey> unnamed = Set.copyOf(unnamed(page, cold));
      page.stream()
          .filter(object -> object.modified().isBefore(before))
          .map(StoredObject::key)
          .filter(unnamed::contains)
          .forEach(orphans::add);
      progress.run();
    }
    if (areMany(orphans.size(), objects)) {
      LOG.error(
          "{} of {} objects of the archive have no row: the database may be an older copy. None is"
              + " deleted. Restore the newer one; or delete them by hand.",
          orphans.size(),
          objects);
      return new Swept(objects, 0);
    }
    return new Swept(objects, doom(orphans, cold, progress));
  }

  private static boolean areMany(int orphans, long objects) {
    return orphans > MOST_HELD || orphans > Math.max(FEW, objects / MOST_SHARE);
  }

  /**
   * Which of some objects no row names, neither as one in charge nor as one to be deleted; those of
   * unknown projects are not among them.
   *
   * @param cold whether they lie in the cold archive
   */
  public List<ObjectKey> unnamed(List<StoredObject> objects, boolean cold) {
    List<ObjectKey> keys = objects.stream().map(StoredObject::key).toList();
    return Transaction.run(
        database,
        connection -> {
          try (var statement =
              connection.prepareStatement(
                  """
                  select found.project_id, found.object
                  from unnest(?::uuid[], ?::text[]) as found (project_id, object)
                  join project on project.id = found.project_id
                  where not exists (
                      select from named_object as part
                      where part.project_id = found.project_id and part.object = found.object
                        and (part.cold = ? or ?))
                    and not exists (
                      select from doomed_object as doomed
                      where doomed.project_id = found.project_id and doomed.object = found.object
                        and (doomed.cold = ? or ?))
                  """)) {
            new Columns<>(statement, keys).uuids(ObjectKey::project).text(ObjectKey::name);
            boolean one = archives.cold() == null;
            statement.setBoolean(3, cold);
            statement.setBoolean(4, one);
            statement.setBoolean(5, cold);
            statement.setBoolean(6, one);
            var unnamed = new ArrayList<ObjectKey>();
            try (ResultSet rows = statement.executeQuery()) {
              while (rows.next()) {
                unnamed.add(new ObjectKey(rows.getObject(1, UUID.class), rows.getString(2)));
              }
            }
            return unnamed;
          }
        });
  }

  /** Has orphans deleted by {@link DoomedObjects}, which looks once more whether they are some. */
  private long doom(List<ObjectKey> orphans, boolean cold, Runnable progress) {
    long doomed = 0;
    for (int from = 0; from < orphans.size(); from += DOOMED_AT_ONCE) {
      List<ObjectKey> some = orphans.subList(from, Math.min(orphans.size(), from + DOOMED_AT_ONCE));
      doomed += Transaction.run(database, connection -> doom(connection, some, cold));
      progress.run();
    }
    return doomed;
  }

  private int doom(Connection connection, List<ObjectKey> orphans, boolean cold)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into doomed_object (project_id, object, reason, not_before, cold)
            select project_id, object, 'removed', at(?), ?
            from unnest(?::uuid[], ?::text[]) as orphan (project_id, object)
            order by project_id, object
            on conflict do nothing
            """)) {
      statement.setLong(1, clock.instant().toEpochMilli());
      statement.setBoolean(2, cold);
      new Columns<>(statement, orphans, 3).uuids(ObjectKey::project).text(ObjectKey::name);
      return statement.executeUpdate();
    }
  }
}
