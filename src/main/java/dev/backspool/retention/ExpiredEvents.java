package dev.backspool.retention;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Removes the events of days that have expired, after the sessions they belong to are gone. A day
 * that has expired for everybody who has events in it is dropped whole: the events of kept sessions
 * move to {@code event_default} in the same transaction. Where somebody keeps the day longer, the
 * others' events are deleted from it.
 */
final class ExpiredEvents {
  private static final String STEP = "events";
  private static final DayPartitions PARTITIONS = new DayPartitions("event");

  /** A statement was cancelled, by the limit that {@link DayPartitions#hurry} sets. */
  private static final String TOOK_TOO_LONG = "57014";

  private final Work work;
  private final Map<UUID, ProjectRun> runs;
  private final List<String> busy = new ArrayList<>();

  private ExpiredEvents(Work work, List<ProjectRun> runs) {
    this.work = work;
    this.runs = runs.stream().collect(Collectors.toMap(ProjectRun::project, Function.identity()));
  }

  /**
   * Removes them for these projects; days in which others have events stay.
   *
   * @return partitions that are to be dropped, and were in use all the time
   */
  static List<String> remove(Work work, List<ProjectRun> runs) {
    var events =
        new ExpiredEvents(
            work,
            runs.stream().filter(run -> run.terms().eventsBefore().isAfter(Terms.NEVER)).toList());
    events.remove();
    return events.busy;
  }

  private void remove() {
    Map<UUID, Instant> removedBefore = new HashMap<>();
    Instant latest = Terms.NEVER;
    for (ProjectRun run : runs.values()) {
      Instant done = sessionsRemovedBefore(work, run.terms());
      removedBefore.put(run.project(), done);
      latest = run.terms().eventsBefore().isAfter(latest) ? run.terms().eventsBefore() : latest;
    }
    Instant until = latest;
    List<LocalDate> days =
        work.read(PARTITIONS::days).stream().filter(day -> !end(day).isAfter(until)).toList();
    for (int i = 0; i < days.size(); i++) {
      work.progress(null, STEP, i, days.size());
      remove(days.get(i), removedBefore);
    }
    for (ProjectRun run : runs.values()) {
      delete(run, PARTITIONS.rest());
    }
  }

  private static Instant end(LocalDate day) {
    return day.plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC);
  }

  /**
   * Up to when no session is there any more whose events have expired: they could not all be
   * removed, or just came back to it.
   */
  static Instant sessionsRemovedBefore(Work work, Terms terms) {
    Optional<Instant> first =
        work.read(handle ->
            terms
                .bind(
                    handle.createQuery(
                        """
                        select first_received_at from session
                        where project_id = :project and %s
                        order by first_received_at
                        limit 1
                        """
                            .formatted(Expired.EVENTS)))
                .mapTo(OffsetDateTime.class)
                .findOne()
                .map(OffsetDateTime::toInstant));
    return first.filter(terms.eventsBefore()::isAfter).orElse(terms.eventsBefore());
  }

  private void remove(LocalDate day, Map<UUID, Instant> removedBefore) {
    List<UUID> expired =
        removedBefore.entrySet().stream()
            .filter(each -> !end(day).isAfter(each.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    if (expired.isEmpty()) {
      return;
    }
    if (work.read(handle -> isOfNoOther(handle, day, expired)) && drop(day, expired)) {
      return;
    }
    for (UUID project : expired) {
      ProjectRun run = runs.get(project);
      if (run != null) {
        delete(run, PARTITIONS.of(day));
      }
    }
  }

  private static boolean isOfNoOther(Handle handle, LocalDate day, List<UUID> projects) {
    return handle
        .createQuery(
            """
            select not exists (
              select from project
              where id <> all(:projects)
                and (select true from %1$s where %1$s.project_id = project.id limit 1))
            """
                .formatted(PARTITIONS.of(day)))
        .bindArray("projects", UUID.class, projects)
        .mapTo(Boolean.class)
        .one();
  }

  /** Whether the day has expired for all of these projects, who cannot change it any more. */
  private boolean hasExpired(Handle handle, LocalDate day, List<UUID> projects) {
    boolean expired = true;
    for (UUID project : projects.stream().sorted().toList()) {
      ProjectRun run = requireNonNull(runs.get(project));
      run.comply(handle);
      expired &= !end(day).isAfter(run.terms().eventsBefore());
    }
    return expired;
  }

  /**
   * Drops a day with what these projects have in it.
   *
   * @return false when it has to be kept: somebody keeps something of it by now, or so much of it
   *     belongs to kept sessions that others would wait too long for its move
   */
  private boolean drop(LocalDate day, List<UUID> projects) {
    if (!busy.isEmpty()) {
      busy.add(PARTITIONS.of(day)); // Who holds one day's partition holds the table.
      return true;
    }
    Map<UUID, Long> rows = work.readLong(handle -> count(handle, day));
    work.witness("before a drop");
    try {
      if (!tryToDrop(day, projects, rows)) {
        busy.add(PARTITIONS.of(day));
      }
      return true;
    } catch (DayPartitions.InUse _) {
      return false;
    } catch (RuntimeException failure) {
      if (States.is(failure, TOOK_TOO_LONG)) {
        return false;
      }
      throw failure;
    }
  }

  /** An import may have brought somebody's events to the day since it was looked at. */
  private boolean tryToDrop(LocalDate day, List<UUID> projects, Map<UUID, Long> rows) {
    return DayPartitions.tryOften(() ->
        work.change(
            runs,
            handle -> {
              DayPartitions.hurry(handle);
              if (!hasExpired(handle, day, projects)) {
                throw new DayPartitions.InUse();
              }
              PARTITIONS.detach(handle, day);
              if (!isOfNoOther(handle, day, projects)) {
                throw new DayPartitions.InUse();
              }
              Map<UUID, Long> stay = moveKept(handle, day, projects);
              PARTITIONS.drop(handle, day);
              tellCopies(handle, day, projects);
              var removed = new HashMap<UUID, Removed>();
              rows.forEach((project, count) ->
                  removed.put(
                      project,
                      Removed.events(Math.max(0, count - stay.getOrDefault(project, 0L)))));
              return removed;
            }));
  }

  /** Hardly anything comes to a day that is over: it is counted before all others have to wait. */
  private static Map<UUID, Long> count(Handle handle, LocalDate day) {
    return byProject(
        handle.createQuery(
            "select project_id, count(*) as rows from " + PARTITIONS.of(day) + " group by 1"));
  }

  /** Of sessions that were there about the day; what they have in it is found by an index. */
  static Map<UUID, Long> moveKept(Handle handle, LocalDate day, List<UUID> projects) {
    return byProject(
        handle
            .createQuery(
                """
                with moved as (
                  insert into event
                  select %1$s.* from session
                  join %1$s on %1$s.project_id = session.project_id and %1$s.session_id = session.id
                  where session.project_id = any(:projects) and %2$s
                    and first_received_at < :ends + interval '1 day'
                    and %3$s >= :begins - interval '1 day'
                  returning project_id
                )
                select project_id, count(*) as rows from moved group by 1
                """
                    .formatted(
                        PARTITIONS.of(day), Expired.KEEPS_EVENTS, Expired.LAST_EVENT_RECEIVED))
            .bindArray("projects", UUID.class, projects)
            .bind("begins", day.atStartOfDay().atOffset(ZoneOffset.UTC))
            .bind("ends", end(day).atOffset(ZoneOffset.UTC)));
  }

  /** No trigger sees a partition go. */
  private static void tellCopies(Handle handle, LocalDate day, List<UUID> projects) {
    handle
        .createUpdate(
            """
            insert into sync_forget (project_id, received_from, received_until)
            select project_id, :begins, :ends from unnest(:projects) as project_id
            """)
        .bindArray("projects", UUID.class, projects)
        .bind("begins", day.atStartOfDay().atOffset(ZoneOffset.UTC))
        .bind("ends", end(day).atOffset(ZoneOffset.UTC))
        .execute();
  }

  private static Map<UUID, Long> byProject(Query query) {
    var rows = new HashMap<UUID, Long>();
    query
        .map((row, _) -> rows.put(row.getObject("project_id", UUID.class), row.getLong("rows")))
        .list();
    return rows;
  }

  /** Deletes a project's expired events from one partition, but for those of kept sessions. */
  private void delete(ProjectRun run, String partition) {
    var slices =
        new Slices(
            partition,
            "received_at",
            "project_id = :project",
            """
            exists (
              select from session
              where session.project_id = %1$s.project_id and session.id = %1$s.session_id
                and %2$s)
            """
                .formatted(partition, Expired.KEEPS_EVENTS),
            Map.of("project", run.project()),
            () -> run.terms().eventsBefore());
    while (!slices.isDone()) {
      work.remove(run, handle -> Removed.events(slices.deleteNext(handle)));
      work.progress(run.project(), STEP, 0, 0);
    }
  }
}
