package dev.backspool.retention;

import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.Lease;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Removes recordings and sessions, some in each transaction: a session loses its recording at once
 * with all that tells of it, and its row at once with all that hangs on it. What may lie in very
 * many rows, the events of days that have expired, goes by {@link ExpiredEvents} after the sessions
 * they belong to.
 */
final class ExpiredSessions {
  private static final int MOST_SESSIONS = 500;

  /** Of one transaction, unless a single session has more. */
  private static final int MOST_CHUNKS = 5_000;

  private ExpiredSessions() {}

  /** What makes a session one to look at, and the index that finds such sessions. */
  enum Because {
    RECORDING("recordings", Expired.RECORDING, "started_at"),
    EVENTS("sessions", Expired.EVENTS, "first_received_at");

    private final String step;
    private final String condition;
    private final String began;

    Because(String step, String condition, String began) {
      this.step = step;
      this.condition = condition;
      this.began = began;
    }
  }

  /** A session that may have expired, in the order of the index. */
  private record Found(UUID session, Instant began, int chunks) {}

  /** A session that is locked, and what of it has expired. */
  private record Doomed(
      UUID session,
      boolean recording,
      boolean events,
      boolean row,
      long hotBytes,
      @Nullable Instant hotSince) {}

  /** Removes what of a project has expired, session by session. */
  static void remove(Work work, ProjectRun run, Because why) {
    long total = work.read(handle -> count(handle, run.terms(), why));
    long done = 0;
    Found last = new Found(new UUID(0, 0), Terms.NEVER, 0);
    while (true) {
      work.progress(run.project(), why.step, done, total);
      Found after = last;
      List<Found> found = work.read(handle -> next(handle, run.terms(), why, after));
      if (found.isEmpty()) {
        return;
      }
      remove(work, run, found.stream().map(Found::session).toList());
      done += found.size();
      last = found.getLast();
    }
  }

  private static long count(Handle handle, Terms terms, Because why) {
    return terms
        .bind(
            handle.createQuery(
                "select count(*) from session where project_id = :project and " + why.condition))
        .mapTo(Long.class)
        .one();
  }

  private static List<Found> next(Handle handle, Terms terms, Because why, Found after) {
    List<Found> found =
        terms
            .bind(
                handle.createQuery(
                    """
                    select id, %1$s as began, hot_chunks from session
                    where project_id = :project and %2$s and (%1$s, id) > (:after, :after_id)
                    order by %1$s, id
                    limit :most
                    """
                        .formatted(why.began, why.condition)))
            .bind("after", after.began().atOffset(ZoneOffset.UTC))
            .bind("after_id", after.session())
            .bind("most", MOST_SESSIONS)
            .map((row, _) ->
                new Found(
                    row.getObject("id", UUID.class),
                    row.getObject("began", OffsetDateTime.class).toInstant(),
                    row.getInt("hot_chunks")))
            .list();
    int chunks = 0;
    for (int i = 0; i < found.size(); i++) {
      chunks += found.get(i).chunks();
      if (chunks > MOST_CHUNKS && i > 0) {
        return found.subList(0, i);
      }
    }
    return found;
  }

  /** A batch that cannot be removed is halved until what stands in the way is alone. */
  private static void remove(Work work, ProjectRun run, List<UUID> sessions) {
    try {
      work.remove(run, handle -> remove(handle, run.terms(), sessions));
    } catch (DatabaseUnavailable | Lease.Lost | Work.Stopped fatal) {
      throw fatal;
    } catch (RuntimeException failure) {
      if (sessions.size() == 1) {
        run.fail("Session " + sessions.getFirst() + " could not be removed", failure);
        return;
      }
      int half = sessions.size() / 2;
      remove(work, run, sessions.subList(0, half));
      remove(work, run, sessions.subList(half, sessions.size()));
    }
  }

  private static Removed remove(Handle handle, Terms terms, List<UUID> sessions) {
    List<Doomed> doomed = lock(handle, terms, sessions);
    List<UUID> recordings = ids(doomed, Doomed::recording);
    List<UUID> events = ids(doomed, Doomed::events);
    List<UUID> rows = ids(doomed, Doomed::row);
    long removedEvents = removeLateEvents(handle, terms, events);
    Removed removed = removeParts(handle, terms.project(), recordings);
    removeChunks(handle, terms.project(), doomed);
    removeRows(handle, terms.project(), rows);
    var stay = new ArrayList<Doomed>(doomed);
    stay.removeIf(Doomed::row);
    forgetRecordings(handle, terms.project(), ids(stay, Doomed::recording));
    forgetEvents(handle, terms.project(), ids(stay, Doomed::events));
    long hotBytes = doomed.stream().filter(Doomed::recording).mapToLong(Doomed::hotBytes).sum();
    return new Removed(
        recordings.size(),
        removed.objects(),
        removed.bytes() + hotBytes,
        rows.size(),
        removedEvents,
        0);
  }

  private static List<UUID> ids(List<Doomed> doomed, Predicate<Doomed> which) {
    return doomed.stream().filter(which).map(Doomed::session).toList();
  }

  /**
   * Locks sessions and asks again: something may have come to them since they were found. Tabs
   * first, as those who write chunks do.
   */
  private static List<Doomed> lock(Handle handle, Terms terms, List<UUID> sessions) {
    handle
        .createQuery(
            """
            select 1 from tab
            where project_id = :project and session_id = any(:sessions)
            order by session_id, id
            for update
            """)
        .bind("project", terms.project())
        .bindArray("sessions", UUID.class, sessions)
        .mapTo(Integer.class)
        .list();
    return terms
        .bind(
            handle.createQuery(
                """
                select
                  id, %1$s as recording, %2$s as events, %3$s as row, hot_bytes, hot_since
                from session
                where project_id = :project and id = any(:sessions) and (%1$s or %2$s)
                order by id
                for update
                """
                    .formatted(Expired.RECORDING, Expired.EVENTS, Expired.SESSION)))
        .bindArray("sessions", UUID.class, sessions)
        .map((row, _) -> doomed(row))
        .list();
  }

  private static Doomed doomed(ResultSet row) throws SQLException {
    OffsetDateTime hotSince = row.getObject("hot_since", OffsetDateTime.class);
    return new Doomed(
        row.getObject("id", UUID.class),
        row.getBoolean("recording"),
        row.getBoolean("events"),
        row.getBoolean("row"),
        row.getLong("hot_bytes"),
        hotSince == null ? null : hotSince.toInstant());
  }

  private static long removeLateEvents(Handle handle, Terms terms, List<UUID> sessions) {
    if (sessions.isEmpty()) {
      return 0;
    }
    return terms
        .bind(
            handle.createUpdate(
                """
                delete from event using session
                where session.project_id = :project and session.id = any(:sessions) and %s
                """
                    .formatted(Expired.LATE_EVENTS)))
        .bindArray("sessions", UUID.class, sessions)
        .execute();
  }

  /** The rows that name the objects: with them gone, the objects are doomed. */
  private static Removed removeParts(Handle handle, UUID project, List<UUID> sessions) {
    if (sessions.isEmpty()) {
      return Removed.NOTHING;
    }
    return handle
        .createQuery(
            """
            with gone as (
              delete from recording_part
              where project_id = :project and session_id = any(:sessions)
              returning bytes
            )
            select count(*) as objects, coalesce(sum(bytes), 0) as bytes from gone
            """)
        .bind("project", project)
        .bindArray("sessions", UUID.class, sessions)
        .map((row, _) -> new Removed(0, row.getLong("objects"), row.getLong("bytes"), 0, 0, 0))
        .one();
  }

  /** What came too late to be archived, or never was. */
  private static void removeChunks(Handle handle, UUID project, List<Doomed> doomed) {
    List<Doomed> hot =
        doomed.stream().filter(each -> each.recording() && each.hotSince() != null).toList();
    if (hot.isEmpty()) {
      return;
    }
    Instant since =
        hot.stream()
            .map(Doomed::hotSince)
            .map(Objects::requireNonNull)
            .min(Instant::compareTo)
            .orElseThrow();
    handle
        .createUpdate(
            """
            delete from chunk
            where project_id = :project and session_id = any(:sessions) and received_at >= :since
            """)
        .bind("project", project)
        .bindArray("sessions", UUID.class, hot.stream().map(Doomed::session).toList())
        .bind("since", since.atOffset(ZoneOffset.UTC))
        .execute();
  }

  private static void removeRows(Handle handle, UUID project, List<UUID> sessions) {
    execute(
        handle,
        project,
        sessions,
        "delete from session where project_id = :project and id = any(:sessions)");
  }

  /** The events are kept longer: the row stays, and tells of no recording any more. */
  private static void forgetRecordings(Handle handle, UUID project, List<UUID> sessions) {
    execute(
        handle,
        project,
        sessions,
        "delete from tab where project_id = :project and session_id = any(:sessions)");
    execute(
        handle,
        project,
        sessions,
        "delete from page where project_id = :project and session_id = any(:sessions)");
    execute(
        handle,
        project,
        sessions,
        """
        update session set
          chunk_count = 0, event_count = 0, click_count = 0, input_count = 0, error_count = 0,
          page_count = 0, raw_bytes = 0, stored_bytes = 0, has_full_snapshot = false,
          hot_since = null, hot_chunks = 0, hot_bytes = 0, part_count = 0,
          archive_after = null, archive_failures = 0, archive_error = null
        where project_id = :project and id = any(:sessions)
        """);
  }

  /** The recording is kept longer: the row stays, and tells of no events any more. */
  private static void forgetEvents(Handle handle, UUID project, List<UUID> sessions) {
    execute(
        handle,
        project,
        sessions,
        """
        update session set
          tracked_from = null, tracked_until = null, live_from = null, live_until = null,
          is_current = false, closes_at = null, started_event_at = null, ended_event_at = null,
          end_received_at = null,
          tracked_count = 0, screen_view_count = 0, revenue = 0, groups = '{}',
          first_event = null, entry_at = null, entry_path = null, entry_origin = null,
          exit_at = null, exit_path = null, exit_origin = null
        where project_id = :project and id = any(:sessions)
        """);
  }

  private static void execute(Handle handle, UUID project, List<UUID> sessions, String sql) {
    if (!sessions.isEmpty()) {
      handle
          .createUpdate(sql)
          .bind("project", project)
          .bindArray("sessions", UUID.class, sessions)
          .execute();
    }
  }
}
