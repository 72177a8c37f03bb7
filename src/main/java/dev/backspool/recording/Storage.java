package dev.backspool.recording;

import dev.backspool.postgres.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * How much of a project lies where. Reads the sessions that wait and the rows of archived objects,
 * never all sessions.
 */
public final class Storage {
  private static final int DAYS = 30;

  /** Up to here events are counted; beyond, their number is taken from what each day stored. */
  private static final int MOST_COUNTED = 10_000;

  /** So many of the newest events tell how large one is. */
  private static final int SAMPLE = 1_000;

  private final Database database;
  private final Duration archiveAfter;
  private final InstantSource clock;

  /**
   * Reads from a database.
   *
   * @param archiveAfter how long after its last upload a recording is to be archived
   */
  public Storage(Database database, Duration archiveAfter, InstantSource clock) {
    this.database = database;
    this.archiveAfter = archiveAfter;
    this.clock = clock;
  }

  /** Everything at one moment; sizes are bytes. */
  public record Figures(
      Hot hot, Archived archived, Events events, List<Day> days, Doomed toDelete) {}

  /**
   * What lies in PostgreSQL because it is not archived yet.
   *
   * @param bytes as compressed when it was uploaded
   * @param rawBytes as JSON
   * @param waitingSessions those of the sessions that are quiet for long enough to be archived
   * @param oldestWaitingAt when the first upload came of the session that waits longest
   * @param failingSessions sessions whose last try to be archived failed, or to have their parts
   *     merged: of those nothing need lie in PostgreSQL
   * @param lastError why the last of these tries failed
   */
  public record Hot(
      long sessions,
      long chunks,
      long bytes,
      long rawBytes,
      long waitingSessions,
      @Nullable Instant oldestWaitingAt,
      long failingSessions,
      @Nullable String lastError) {}

  /**
   * What lies in the archive, its cold tier included.
   *
   * @param chunkBytes what the same recordings took as they were uploaded
   * @param rawBytes as JSON
   */
  public record Archived(
      long recordings,
      long objects,
      long bytes,
      long chunkBytes,
      long rawBytes,
      long coldBytes,
      long coldObjects) {}

  /** The events, exact while they are few; without their indexes. */
  public record Events(long countEstimate, long bytesEstimate) {}

  /** What was recorded in sessions that began on a day, by UTC. */
  public record Day(
      LocalDate day, long recordings, long hotBytes, long archivedBytes, long rawBytes) {}

  /** Objects that are to be deleted and are not yet. */
  public record Doomed(long objects, @Nullable Instant oldestAt, @Nullable String lastError) {}

  /** The recordings that began on one day. */
  private record OneDay(Day shown, long hotRawBytes, Archived archived) {
    OneDay(ResultSet row) throws SQLException {
      this(
          new Day(
              row.getObject("day", LocalDate.class),
              row.getLong("recordings"),
              row.getLong("hot_bytes"),
              row.getLong("bytes"),
              row.getLong("raw_bytes") + row.getLong("hot_raw_bytes")),
          row.getLong("hot_raw_bytes"),
          new Archived(
              row.getLong("archived"),
              row.getLong("objects"),
              row.getLong("bytes"),
              row.getLong("chunk_bytes"),
              row.getLong("raw_bytes"),
              row.getLong("cold_bytes"),
              row.getLong("cold_objects")));
    }
  }

  /** The figures of a project. */
  public Figures of(UUID project) {
    Instant now = clock.instant();
    LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    return database.read(
        project,
        handle -> {
          List<OneDay> days = days(handle, project);
          long hotRawBytes = sum(days, OneDay::hotRawBytes);
          return new Figures(
              hot(handle, project, now.minus(archiveAfter), hotRawBytes),
              archived(days),
              events(handle, project, today),
              lastDays(days, today),
              doomed(handle, project, now));
        });
  }

  /** A recording may have several objects, and lie in both places: it counts once. */
  private static List<OneDay> days(Handle handle, UUID project) {
    return handle
        .createQuery(
            """
            select (at at time zone 'UTC')::date as day,
              sum(recordings) as recordings, sum(archived) as archived, sum(objects) as objects,
              sum(bytes) as bytes, sum(chunk_bytes) as chunk_bytes, sum(raw_bytes) as raw_bytes,
              sum(cold_bytes) as cold_bytes, sum(cold_objects) as cold_objects,
              sum(hot_bytes) as hot_bytes, sum(hot_raw_bytes) as hot_raw_bytes
            from (
              select first_at as at, 1 as recordings, 1 as archived, 1 as objects,
                bytes, chunk_bytes, raw_bytes, case when cold then bytes else 0 end as cold_bytes,
                cold::int as cold_objects, 0 as hot_bytes, 0 as hot_raw_bytes
              from recording_part
              where project_id = :project
              union all
              select later.first_at, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0
              from session, lateral (
                select first_at from recording_part
                where project_id = session.project_id and session_id = session.id
                order by first_at, object
                offset 1
              ) later
              where project_id = :project and part_count > 1
              union all
              select started_at, (part_count = 0)::int, 0, 0, 0, 0, 0, 0, 0, hot_bytes,
                case when part_count = 0 then raw_bytes
                  else greatest(0, raw_bytes - (
                    select coalesce(sum(raw_bytes), 0) from recording_part
                    where project_id = session.project_id and session_id = session.id))
                end
              from session
              where project_id = :project and hot_since is not null
            ) lies
            group by day
            order by day
            """)
        .bind("project", project)
        .map((row, _) -> new OneDay(row))
        .list();
  }

  private static Archived archived(List<OneDay> days) {
    return new Archived(
        sum(days, day -> day.archived().recordings()),
        sum(days, day -> day.archived().objects()),
        sum(days, day -> day.archived().bytes()),
        sum(days, day -> day.archived().chunkBytes()),
        sum(days, day -> day.archived().rawBytes()),
        sum(days, day -> day.archived().coldBytes()),
        sum(days, day -> day.archived().coldObjects()));
  }

  private static long sum(List<OneDay> days, ToLongFunction<OneDay> of) {
    return days.stream().mapToLong(of).sum();
  }

  /** The last days, also those on which nothing was recorded. */
  private static List<Day> lastDays(List<OneDay> days, LocalDate today) {
    Map<LocalDate, Day> known =
        days.stream()
            .map(OneDay::shown)
            .collect(Collectors.toMap(Day::day, day -> day, (a, _) -> a, TreeMap::new));
    return Stream.iterate(today.minusDays(DAYS - 1), day -> day.plusDays(1))
        .limit(DAYS)
        .map(day -> known.getOrDefault(day, new Day(day, 0, 0, 0, 0)))
        .toList();
  }

  private static Hot hot(Handle handle, UUID project, Instant quietSince, long rawBytes) {
    return handle
        .createQuery(
            """
            select count(hot_since) as sessions,
              coalesce(sum(hot_chunks) filter (where hot_since is not null), 0) as chunks,
              coalesce(sum(hot_bytes) filter (where hot_since is not null), 0) as bytes,
              count(hot_since) filter (where last_received_at < :quiet_since) as waiting,
              min(hot_since) filter (where last_received_at < :quiet_since) as oldest_at,
              count(archive_error) as failing,
              (array_agg(archive_error order by greatest(archive_after, merge_after) desc nulls last)
                filter (where archive_error is not null))[1] as last_error
            from session
            where project_id = :project and (hot_since is not null or part_count > 1)
            """)
        .bind("project", project)
        .bind("quiet_since", quietSince)
        .map((row, _) ->
            new Hot(
                row.getLong("sessions"),
                row.getLong("chunks"),
                row.getLong("bytes"),
                rawBytes,
                row.getLong("waiting"),
                instant(row, "oldest_at"),
                row.getLong("failing"),
                row.getString("last_error")))
        .one();
  }

  /**
   * A day that retention has not reached counts from its usage for as long as one of its events is
   * kept: what erasure took out of it is not told apart.
   */
  private static Events events(Handle handle, UUID project, LocalDate today) {
    return handle
        .createQuery(
            """
            with counted as (
              select count(*) as events
              from (select from event where project_id = :project limit :most_counted + 1) few
            ), sample as (
              select coalesce(avg(bytes), 0) as bytes
              from (
                select pg_column_size(event.*) as bytes
                from event
                where project_id = :project
                order by received_at desc
                limit :sample
              ) newest
            ), total as (
              select case
                when events <= :most_counted then events
                else (
                  select coalesce(sum(usage.events), 0)
                  from usage
                  where project_id = :project and usage.events > 0
                    and day >= coalesce(
                      (select :today - event_days from project where id = :project), '-infinity')
                    and (select true from event
                      where event.project_id = usage.project_id
                        and received_at >= usage.day::timestamp at time zone 'UTC'
                        and received_at < (usage.day + 1)::timestamp at time zone 'UTC'
                      limit 1)
                ) end as events
              from counted
            )
            select total.events, (total.events * sample.bytes)::bigint as bytes
            from total, sample
            """)
        .bind("project", project)
        .bind("today", today)
        .bind("most_counted", MOST_COUNTED)
        .bind("sample", SAMPLE)
        .map((row, _) -> new Events(row.getLong("events"), row.getLong("bytes")))
        .one();
  }

  /** An object that is about to be put is none of them, unless its put never came to an end. */
  private static Doomed doomed(Handle handle, UUID project, Instant now) {
    return handle
        .createQuery(
            """
            select count(*) as objects, min(doomed_at) as oldest_at,
              (array_agg(error order by not_before desc) filter (where error is not null))[1]
                as last_error
            from doomed_object
            where project_id = :project and (reason <> 'planned' or not_before <= :now)
            """)
        .bind("project", project)
        .bind("now", now)
        .map((row, _) ->
            new Doomed(
                row.getLong("objects"), instant(row, "oldest_at"), row.getString("last_error")))
        .one();
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
    return value == null ? null : value.toInstant();
  }
}
