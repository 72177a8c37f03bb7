package dev.backspool.verify;

import dev.backspool.postgres.Database;
import dev.backspool.verify.Finding.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Looks for rows of sessions that are not there, in the tables where no foreign key forbids it. A
 * table is walked along an index, from one session to the next, however many rows each has.
 */
final class ReferenceCheck {
  private static final int PAGE = 1_000;
  private static final int RECEIPTS = 5_000;

  /** Receipts are kept for 30 days, also of sessions that are not; the next days they go. */
  static final Duration RECEIPTS_KEPT = Duration.ofDays(33);

  private static final UUID FIRST = new UUID(0, 0);
  private static final UUID LAST = new UUID(-1, -1);

  private final Database database;
  private final @Nullable UUID only;

  ReferenceCheck(Database database, @Nullable UUID only) {
    this.database = database;
    this.only = only;
  }

  /** Sees what looks wrong, and how to look at it again. */
  interface Seen {
    void add(Check check, List<Suspicion> suspicions);
  }

  /** A session that rows name. */
  private record Named(UUID project, UUID session, boolean there) {}

  /**
   * Walks a table for a day.
   *
   * @param table a partition of {@code chunk} or {@code event}
   */
  void walk(TableCheck.Table table, Seen seen) {
    try {
      walkRows(table, seen);
    } catch (RuntimeException failure) {
      if (!Unreadable.isDropped(failure)
          && Unreadable.of(failure, Place.table(table.name())).isEmpty()) {
        throw failure; // A table that cannot be read was told of already.
      }
    }
  }

  private void walkRows(TableCheck.Table table, Seen seen) {
    Named last = new Named(only == null ? FIRST : only, FIRST, true);
    while (true) {
      List<Named> page = page(table, last);
      for (Named named : page) {
        if (!named.there()) {
          Check check = () -> gone(table, named.project(), named.session());
          seen.add(check, gone(table, named.project(), named.session()));
        }
      }
      if (page.size() < PAGE) {
        return;
      }
      last = page.getLast();
    }
  }

  private List<Named> page(TableCheck.Table table, Named after) {
    return database.snapshot(handle -> {
      handle.execute("set local enable_seqscan = off");
      return handle
          .createQuery(
              """
              with recursive named as (
                (
                  select project_id, session_id
                  from only %1$s
                  where (project_id, session_id) > (:project, :session)
                    and project_id <= :until and session_id is not null
                  order by project_id, session_id
                  limit 1
                )
                union all
                select next.*
                from named
                cross join lateral (
                  select project_id, session_id
                  from only %1$s as later
                  where (later.project_id, later.session_id) > (named.project_id, named.session_id)
                    and later.project_id <= :until and later.session_id is not null
                  order by later.project_id, later.session_id
                  limit 1
                ) next
              )
              select project_id, session_id, exists (
                  select from session
                  where session.project_id = named.project_id and session.id = named.session_id
                ) as there
              from named
              limit :page
              """
                  .formatted(table.name()))
          .bind("project", after.project())
          .bind("session", after.session())
          .bind("until", only == null ? LAST : only)
          .bind("page", PAGE)
          .map((row, _) ->
              new Named(
                  row.getObject(1, UUID.class), row.getObject(2, UUID.class), row.getBoolean(3)))
          .list();
    });
  }

  private List<Suspicion> gone(TableCheck.Table table, UUID project, UUID session) {
    try {
      return goneNow(table, project, session);
    } catch (RuntimeException failure) {
      if (Unreadable.isDropped(failure)) {
        return List.of();
      }
      throw failure;
    }
  }

  private List<Suspicion> goneNow(TableCheck.Table table, UUID project, UUID session) {
    return database.snapshot(handle -> {
      if (isThere(handle, project, session) || isBeingErased(handle, project, session)) {
        return List.of();
      }
      boolean chunks = table.parent().equals("chunk");
      // A day of events that has expired goes after its sessions.
      String kept =
          chunks
              ? "true"
              : "received_at >= coalesce(%s, '-infinity')".formatted(SessionReader.EVENTS_EXPIRED);
      long rows =
          handle
              .createQuery(
                  """
                  select count(*)
                  from only %s as named
                  left join project on project.id = named.project_id
                  where project_id = :project and session_id = :session and %s
                  """
                      .formatted(table.name(), kept))
              .bind("project", project)
              .bind("session", session)
              .mapTo(Long.class)
              .one();
      if (rows == 0) {
        return List.of();
      }
      return List.of(
          Suspicion.of(
              chunks ? Kind.UPLOAD_SESSION_GONE : Kind.EVENT_SESSION_GONE,
              Place.session(project, session).of(table.name()),
              "%s of a session that is not there"
                  .formatted(Words.count(rows, chunks ? "upload" : "event"))));
    });
  }

  private static boolean isThere(Handle handle, UUID project, UUID session) {
    return handle
        .createQuery("select 1 from session where project_id = :project and id = :session")
        .bind("project", project)
        .bind("session", session)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /** Its own row goes first, and the others follow. */
  private static boolean isBeingErased(Handle handle, UUID project, UUID session) {
    return handle
        .createQuery(
            """
            select exists (
              select from erasure_task
              where project_id = :project and kind = 'session'
                and value = cast(cast(:session as uuid) as text))
            """)
        .bind("project", project)
        .bind("session", session)
        .mapTo(Boolean.class)
        .one();
  }

  private record Receipt(UUID project, String batchId, @Nullable UUID gone) {}

  /** Walks the receipts; they may outlive their session, but not for ever. */
  void walkReceipts(Seen seen) {
    Receipt last = new Receipt(only == null ? FIRST : only, "", null);
    while (true) {
      List<Receipt> page = receipts(last);
      var bySession = new LinkedHashMap<Place, List<String>>();
      for (Receipt receipt : page) {
        UUID gone = receipt.gone();
        if (gone != null) {
          bySession
              .computeIfAbsent(Place.session(receipt.project(), gone), _ -> new ArrayList<>())
              .add(receipt.batchId());
        }
      }
      bySession.forEach(
          (place, batches) -> seen.add(() -> old(place, batches), old(place, batches)));
      if (page.size() < RECEIPTS) {
        return;
      }
      last = page.getLast();
    }
  }

  private List<Receipt> receipts(Receipt after) {
    return database.snapshot(handle -> {
      handle.execute("set local enable_seqscan = off");
      return handle
          .createQuery(
              """
              select project_id, batch_id, case
                when received_at < now() - cast(:kept as interval) and not exists (
                  select from session
                  where session.project_id = receipt.project_id
                    and session.id = receipt.session_id)
                then session_id end as gone
              from receipt
              where (project_id, batch_id) > (:project, :batch) and project_id <= :until
              order by project_id, batch_id
              limit :page
              """)
          .bind("kept", RECEIPTS_KEPT.toString())
          .bind("project", after.project())
          .bind("batch", after.batchId())
          .bind("until", only == null ? LAST : only)
          .bind("page", RECEIPTS)
          .map((row, _) ->
              new Receipt(
                  row.getObject(1, UUID.class), row.getString(2), row.getObject(3, UUID.class)))
          .list();
    });
  }

  private List<Suspicion> old(Place place, List<String> batches) {
    long there =
        database.snapshot(handle ->
            handle
                .createQuery(
                    """
                    select count(*) from receipt
                    where project_id = :project and batch_id = any(:batches)
                    """)
                .bind("project", place.project())
                .bindArray("batches", String.class, batches)
                .mapTo(Long.class)
                .one());
    if (there == 0) {
      return List.of();
    }
    return List.of(
        Suspicion.of(
            Kind.RECEIPT_SESSION_GONE,
            place.of("receipt"),
            "%s of a session that is not there, received more than %d days ago"
                .formatted(Words.count(there, "receipt"), RECEIPTS_KEPT.toDays()),
            () ->
                database.write(handle ->
                    handle
                        .createUpdate(
                            """
                            delete from receipt
                            where project_id = :project and batch_id = any(:batches)
                              and received_at < now() - cast(:kept as interval)
                            """)
                        .bind("project", place.project())
                        .bindArray("batches", String.class, batches)
                        .bind("kept", RECEIPTS_KEPT.toString())
                        .execute())));
  }
}
