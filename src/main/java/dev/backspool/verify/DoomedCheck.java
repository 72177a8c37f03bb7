package dev.backspool.verify;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.verify.Finding.Place;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Looks at the objects that the archive is to be rid of. */
final class DoomedCheck {
  private static final int PAGE = 1_000;
  private static final UUID FIRST = new UUID(0, 0);
  private static final UUID LAST = new UUID(-1, -1);

  /** A server deletes what is due within seconds, and what fails, every few minutes. */
  private static final Duration OVERDUE = Duration.ofHours(1);

  /**
   * What nobody tried is not overdue while no server ran: one that did has finished a job since.
   */
  private static final String IS_OVERDUE =
      """
      failures > 0 and least(not_before, doomed_at) < now() - cast(:overdue as interval)
      or failures = 0 and exists (
        select from job
        where job.name <> '%s'
          and job.finished_at > greatest(not_before, doomed_at) + cast(:overdue as interval))
      """
          .formatted(Verification.JOB);

  private final Database database;
  private final Archives archives;
  private final @Nullable UUID only;

  DoomedCheck(Database database, Archives archives, @Nullable UUID only) {
    this.database = database;
    this.archives = archives;
    this.only = only;
  }

  /**
   * A row of {@code doomed_object}.
   *
   * @param isNeeded whether a row is in charge of the object
   * @param session the session of the part that names the object; null when none does
   */
  private record Doomed(
      UUID project,
      String object,
      boolean cold,
      String reason,
      boolean deleting,
      Instant notBefore,
      boolean isOverdue,
      int failures,
      @Nullable String error,
      boolean isNeeded,
      @Nullable UUID session) {
    Place place() {
      return Place.object(project, session, object);
    }

    boolean isWrong() {
      return isNeeded || isOverdue;
    }

    Last asLast() {
      return new Last(project, object, cold);
    }
  }

  /** The key of a row, after which others come. */
  private record Last(UUID project, String object, boolean cold) {}

  /** Walks all rows. */
  void walk(ReferenceCheck.Seen seen) {
    Last last = new Last(only == null ? FIRST : only, "", false);
    while (true) {
      List<Doomed> page = page(last);
      for (Doomed doomed : page) {
        if (doomed.isWrong()) {
          seen.add(() -> again(doomed), suspicions(doomed));
        }
      }
      if (page.size() < PAGE) {
        return;
      }
      last = page.getLast().asLast();
    }
  }

  private List<Doomed> page(Last after) {
    return rows(
        """
        where (doomed.project_id, doomed.object, doomed.cold) > (:project, :object, :cold)
          and doomed.project_id <= :until
        order by doomed.project_id, doomed.object, doomed.cold
        limit %d
        """
            .formatted(PAGE),
        after);
  }

  private List<Suspicion> again(Doomed before) {
    return rows(
            """
            where doomed.project_id = :project and doomed.object = :object
              and doomed.cold = :cold and doomed.project_id <= :until
            """,
            before.asLast())
        .stream()
        .filter(Doomed::isWrong)
        .flatMap(doomed -> suspicions(doomed).stream())
        .toList();
  }

  private List<Doomed> rows(String where, Last last) {
    return database.snapshot(handle -> rows(handle, where, last));
  }

  private List<Doomed> rows(Handle handle, String where, Last last) {
    // Without a cold archive both tiers are in one: the object is the same.
    return handle
        .createQuery(
            """
            select
              doomed.*,
              %s as is_overdue,
              exists (
                select from named_object part
                where part.project_id = doomed.project_id and part.object = doomed.object
                  and (part.cold = doomed.cold or :one_archive)) as is_needed,
              part.session_id as needed_by
            from doomed_object doomed
            left join recording_part part
              on part.project_id = doomed.project_id and part.object = doomed.object
              and (part.cold = doomed.cold or :one_archive)
            """
                    .formatted(IS_OVERDUE)
                + where)
        .bind("overdue", OVERDUE.toString())
        .bind("one_archive", archives.cold() == null)
        .bind("project", last.project())
        .bind("object", last.object())
        .bind("cold", last.cold())
        .bind("until", only == null ? LAST : only)
        .map((row, _) ->
            new Doomed(
                row.getObject("project_id", UUID.class),
                row.getString("object"),
                row.getBoolean("cold"),
                row.getString("reason"),
                row.getBoolean("deleting"),
                row.getObject("not_before", OffsetDateTime.class).toInstant(),
                row.getBoolean("is_overdue"),
                row.getInt("failures"),
                row.getString("error"),
                row.getBoolean("is_needed"),
                row.getObject("needed_by", UUID.class)))
        .list();
  }

  private List<Suspicion> suspicions(Doomed doomed) {
    if (doomed.isNeeded()) {
      String message =
          "A row is in charge of the object, and it is to be deleted (%s) from %s on"
              .formatted(doomed.reason(), Words.time(doomed.notBefore()));
      return List.of(
          doomed.deleting()
              ? Suspicion.of(Kind.NEEDED_OBJECT_DOOMED, doomed.place(), message)
              : Suspicion.of(
                  Kind.NEEDED_OBJECT_DOOMED, doomed.place(), message, () -> save(doomed)));
    }
    String message =
        "It was to be deleted (%s) from %s on; %s"
            .formatted(
                doomed.reason(),
                Words.time(doomed.notBefore()),
                doomed.failures() == 0
                    ? "nobody tried"
                    : "%,d %s failed: %s"
                        .formatted(
                            doomed.failures(),
                            doomed.failures() == 1 ? "try" : "tries",
                            doomed.error()));
    return List.of(
        Suspicion.of(Kind.DELETION_STUCK, doomed.place(), message, () -> delete(doomed)));
  }

  /** The row in charge is locked, so that it stays while the object is saved for it. */
  private void save(Doomed doomed) {
    database.write(handle -> {
      boolean needed =
          handle
              .createQuery(
                  """
                  with part as (
                    select 1 from recording_part
                    where project_id = :project and object = :object
                    for share
                  ), day as (
                    select 1 from event_day
                    where project_id = :project and object = :object
                    for share
                  )
                  select 1 from part union all select 1 from day
                  """)
              .bind("project", doomed.project())
              .bind("object", doomed.object())
              .mapTo(Integer.class)
              .findOne()
              .isPresent();
      return needed
          ? handle.execute(
              """
              delete from doomed_object
              where project_id = ? and object = ? and cold = ? and not deleting
              """,
              doomed.project(),
              doomed.object(),
              doomed.cold())
          : 0;
    });
  }

  private void delete(Doomed doomed) throws ArchiveUnavailable {
    boolean begun =
        database.write(handle ->
            handle.execute(
                    """
                    update doomed_object set deleting = true
                    where project_id = ? and object = ? and cold = ?
                      and (not_before <= now() or failures > 0)
                      and not exists (
                        select from named_object part
                        where part.project_id = doomed_object.project_id
                          and part.object = doomed_object.object
                          and (part.cold = doomed_object.cold or ?))
                    """,
                    doomed.project(),
                    doomed.object(),
                    doomed.cold(),
                    archives.cold() == null)
                > 0);
    if (begun) {
      finish(doomed.project(), doomed.object(), doomed.cold());
    }
  }

  /**
   * Deletes an object that nothing names, unless somebody is about to put it. A row says so before
   * the object goes, and whoever puts objects heeds such rows.
   *
   * @return whether it is gone
   */
  boolean deleteOrphan(ObjectKey key, boolean cold) throws ArchiveUnavailable {
    boolean begun = database.write(handle -> doomOrphan(handle, key, cold));
    if (begun) {
      finish(key.project(), key.name(), cold);
    }
    return begun;
  }

  private boolean doomOrphan(Handle handle, ObjectKey key, boolean cold) {
    int doomed =
        handle.execute(
            """
            insert into doomed_object (project_id, object, cold, reason, not_before, deleting)
            values (?, ?, ?, 'orphan', now(), true)
            on conflict do nothing
            """,
            key.project(),
            key.name(),
            cold);
    // Asked behind the insert, which may have waited for who recorded the object.
    int saved =
        doomed == 0
            ? 0
            : handle.execute(
                """
                delete from doomed_object doomed
                where project_id = ? and object = ? and cold = ?
                  and exists (
                    select from named_object part
                    where part.project_id = doomed.project_id and part.object = doomed.object
                      and (part.cold = doomed.cold or ?))
                """,
                key.project(),
                key.name(),
                cold,
                archives.cold() == null);
    return doomed > saved;
  }

  private void finish(UUID project, String object, boolean cold) throws ArchiveUnavailable {
    Archive holder = archives.holding(cold);
    holder.delete(List.of(new ObjectKey(project, object)));
    database.write(handle ->
        handle.execute(
            """
            delete from doomed_object
            where project_id = ? and object = ? and cold = ? and deleting
            """,
            project,
            object,
            cold));
  }
}
