package dev.backspool.retention;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Counts what a run will remove of a project, by the words it removes by. Exact, but for days with
 * very many events, of which it takes what was counted as they came, and for archived ones with
 * events of kept sessions.
 */
final class RetentionPreview {
  /** Counting so many rows of an index takes a few hundredths of a second. */
  private static final int MANY_EVENTS = 100_000;

  private final Handle handle;
  private final Terms terms;

  /** Asks nothing yet. */
  RetentionPreview(Handle handle, Terms terms) {
    this.handle = handle;
    this.terms = terms;
  }

  private record Sessions(long recordings, long rows, long hotBytes) {}

  private record Objects(long count, long bytes, long warm) {}

  private record Days(long count, long bytes, long events) {}

  /** Counts. */
  Removed count() {
    Sessions sessions = sessions();
    Objects objects = objects();
    Days days = days();
    return new Removed(
        sessions.recordings(),
        objects.count() + days.count(),
        objects.bytes() + days.bytes() + sessions.hotBytes(),
        sessions.rows(),
        events() + days.events(),
        // Parts of recordings that have expired go before anything is moved.
        warmParts() - objects.warm());
  }

  private Sessions sessions() {
    return terms
        .bind(
            handle.createQuery(
                """
                select
                  count(*) filter (where recording) as recordings,
                  count(*) filter (where gone) as gone,
                  coalesce(sum(hot_bytes) filter (where recording), 0) as hot_bytes
                from (
                  select true as recording, %3$s as gone, hot_bytes
                  from session where project_id = :project and %1$s
                  union all
                  select false, %3$s, 0
                  from session where project_id = :project and %2$s and not %1$s
                ) expired
                """
                    .formatted(Expired.RECORDING, Expired.EVENTS, Expired.SESSION)))
        .map((row, _) ->
            new Sessions(row.getLong("recordings"), row.getLong("gone"), row.getLong("hot_bytes")))
        .one();
  }

  private Objects objects() {
    return terms
        .bind(
            handle.createQuery(
                """
                select
                  count(*) as objects, coalesce(sum(bytes), 0) as bytes,
                  count(*) filter (where %2$s) as warm
                from session
                join recording_part on recording_part.project_id = session.project_id
                  and recording_part.session_id = session.id
                where session.project_id = :project and %1$s
                """
                    .formatted(Expired.RECORDING, Expired.WARM_PART)))
        .map((row, _) ->
            new Objects(row.getLong("objects"), row.getLong("bytes"), row.getLong("warm")))
        .one();
  }

  /**
   * Archived days; what of them belongs to kept sessions is not told apart without reading them.
   */
  private Days days() {
    return terms
        .bind(
            handle.createQuery(
                """
                select count(*) as objects, coalesce(sum(bytes), 0) as bytes,
                  coalesce(sum(event_count), 0) as events
                from event_day
                where project_id = :project
                  and (day + 1)::timestamp at time zone 'UTC' <= :events_before
                """))
        .map((row, _) ->
            new Days(row.getLong("objects"), row.getLong("bytes"), row.getLong("events")))
        .one();
  }

  private long warmParts() {
    return one(
        "select count(*) from recording_part where project_id = :project and " + Expired.WARM_PART);
  }

  private long events() {
    Optional<Instant> oldest =
        handle
            .createQuery("select min(received_at) from event where project_id = :project")
            .bind("project", terms.project())
            .mapTo(OffsetDateTime.class)
            .findOne()
            .map(OffsetDateTime::toInstant)
            .filter(terms.eventsBefore()::isAfter);
    long expired = oldest.map(at -> eventsSince(at.truncatedTo(ChronoUnit.DAYS))).orElse(0L);
    return expired - keptEvents() + lateEvents();
  }

  /**
   * What came on a day may have left it since, for the archive or for good: rows are asked first.
   */
  private long eventsSince(Instant oldestDay) {
    return terms
        .bind(
            handle.createQuery(
                """
                select coalesce(sum(
                  case when counted < :many then counted else greatest(counted, usage.events) end
                ), 0)
                from generate_series(
                  :oldest, :events_before - interval '24 hours', interval '24 hours') as begins
                cross join lateral (
                  select count(*) as counted
                  from (
                    select from event
                    where event.project_id = :project
                      and event.received_at >= begins
                      and event.received_at < begins + interval '24 hours'
                    limit :many
                  ) as those
                ) as day
                left join usage on usage.project_id = :project
                  and usage.day = cast(begins at time zone 'UTC' as date)
                """))
        .bind("many", MANY_EVENTS)
        .bind("oldest", oldestDay.atOffset(ZoneOffset.UTC))
        .mapTo(Long.class)
        .one();
  }

  private long keptEvents() {
    return one(
        """
        select count(*) from session
        join event on event.project_id = session.project_id and event.session_id = session.id
          and event.received_at < :events_before
        where session.project_id = :project and %s and not %s
        """
            .formatted(Expired.KEEPS_EVENTS, Expired.EVENTS));
  }

  private long lateEvents() {
    return one(
        """
        select count(*) from session
        join event on %2$s
        where session.project_id = :project and %1$s and %3$s
        """
            .formatted(Expired.EVENTS, Expired.LATE_EVENTS, Expired.MAY_HAVE_LATE_EVENTS));
  }

  private long one(String sql) {
    return terms.bind(handle.createQuery(sql)).mapTo(Long.class).one();
  }
}
