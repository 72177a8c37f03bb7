package dev.backspool.verify;

import dev.backspool.postgres.Database;
import dev.backspool.recording.Part;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Puts sessions right. Each mending is a transaction of its own that holds the session's row: who
 * adds, archives or deletes uploads of the session changes that row too, and waits.
 */
final class Mendings {
  private final Database database;

  Mendings(Database database) {
    this.database = database;
  }

  /** Locks the session's row. What is read after it in the transaction is what there is. */
  private static void lock(Handle handle, UUID project, UUID session) {
    handle
        .createQuery("select 1 from session where project_id = :project and id = :id for update")
        .bind("project", project)
        .bind("id", session)
        .mapTo(Integer.class)
        .findOne();
  }

  /** Counts again what is in PostgreSQL. */
  void countChunks(UUID project, UUID session) {
    database.write(handle -> {
      lock(handle, project, session);
      return countChunks(handle, project, session);
    });
  }

  private static int countChunks(Handle handle, UUID project, UUID session) {
    return handle.execute(
        """
        update session set
          hot_chunks = waiting.chunks, hot_bytes = waiting.bytes, hot_since = waiting.since
        from (
          select count(*) as chunks, coalesce(sum(octet_length(payload)), 0) as bytes,
            min(received_at) as since
          from chunk
          where project_id = ? and session_id = ?
        ) waiting
        where session.project_id = ? and session.id = ?
        """,
        project,
        session,
        project,
        session);
  }

  /** Counts the objects again. */
  void countParts(UUID project, UUID session) {
    database.write(handle -> {
      lock(handle, project, session);
      return handle.execute(
          """
          update session set part_count = (
            select count(*) from recording_part where project_id = ? and session_id = ?)
          where project_id = ? and id = ?
          """,
          project,
          session,
          project,
          session);
    });
  }

  /** Counts the analytics events again. */
  void countEvents(UUID project, UUID session) {
    database.write(handle -> {
      lock(handle, project, session);
      return handle.execute(
          """
          update session set
            tracked_count = tracked.events, screen_view_count = tracked.views,
            revenue = tracked.revenue
          from (
            select count(*) as events, count(*) filter (where name = 'screen_view') as views,
              coalesce(sum(revenue), 0) as revenue
            from event
            where project_id = ? and session_id = ?
              and name not in ('session_start', 'session_end')
          ) tracked
          where session.project_id = ? and session.id = ?
          """,
          project,
          session,
          project,
          session);
    });
  }

  /** Lets the session be archived and merged from now on. */
  void endLease(UUID project, UUID session) {
    database.write(handle ->
        handle.execute(
            """
            update session set archive_after = null
            where project_id = ? and id = ? and archive_after > now() + cast(? as interval)
            """,
            project,
            session,
            SessionReader.LONGEST_LEASE.toString()));
  }

  /** Sets a tab's count, unless it changed since it was seen. */
  void setTabCount(UUID project, UUID session, String tab, int seen, int right) {
    database.write(handle ->
        handle.execute(
            """
            update tab set chunk_count = ?
            where project_id = ? and session_id = ? and id = ? and chunk_count = ?
            """,
            right,
            project,
            session,
            tab,
            seen));
  }

  /** Sets the session's counts of uploads and their events, unless they changed since. */
  void setUploadCount(SessionState seen, int chunks, long events) {
    database.write(handle ->
        handle.execute(
            """
            update session set chunk_count = ?, event_count = ?
            where project_id = ? and id = ? and chunk_count = ? and event_count = ?
            """,
            chunks,
            events,
            seen.project(),
            seen.id(),
            seen.chunkCount(),
            seen.eventCount()));
  }

  /**
   * Makes a tab's row.
   *
   * @param shiftMs its clock shift; null takes it from the uploads in PostgreSQL
   */
  void addTab(UUID project, UUID session, String tab, int chunks, @Nullable Long shiftMs) {
    database.write(handle -> {
      lock(handle, project, session);
      return handle.execute(
          """
          insert into tab (project_id, session_id, id, shift_ms, chunk_count)
          values (?, ?, ?, coalesce(
            cast(? as bigint),
            (
              select (extract(epoch from first_at) * 1000)::bigint - (outline ->> 'from')::bigint
              from chunk
              where project_id = ? and session_id = ? and tab_id = ? and outline ->> 'from' <> '0'
              order by ordinal
              limit 1
            ),
            0), ?)
          on conflict do nothing
          """,
          project,
          session,
          tab,
          shiftMs,
          project,
          session,
          tab,
          chunks);
    });
  }

  /** Deletes chunks that an object holds, if the object's row is still there, and it is to stay. */
  void deleteChunks(Part holder, List<Long> names) {
    database.write(handle -> {
      lock(handle, holder.project(), holder.session());
      boolean held =
          handle
              .createQuery(
                  """
                  select 1 from recording_part
                  where project_id = :project and object = :object
                    and not exists (
                      select from doomed_object doomed
                      where doomed.project_id = recording_part.project_id
                        and doomed.object = recording_part.object)
                  for share
                  """)
              .bind("project", holder.project())
              .bind("object", holder.object())
              .mapTo(Integer.class)
              .findOne()
              .isPresent();
      if (!held) {
        return 0;
      }
      handle
          .createUpdate(
              """
              delete from chunk
              where project_id = :project and session_id = :session and id = any(:ids)
              """)
          .bind("project", holder.project())
          .bind("session", holder.session())
          .bindArray("ids", Long.class, names)
          .execute();
      return countChunks(handle, holder.project(), holder.session());
    });
  }
}
