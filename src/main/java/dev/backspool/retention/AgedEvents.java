package dev.backspool.retention;

import dev.backspool.eventday.DayArchive;
import dev.backspool.eventday.DayAway;
import dev.backspool.eventday.DayReader;
import dev.backspool.eventday.DayRows;
import dev.backspool.eventday.EventDay;
import dev.backspool.eventday.EventDays;
import dev.backspool.eventday.EventLine;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.Lease;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves days of events that are older than the hot ones into the archive, each as a whole and the
 * oldest first: an object for each project is written and read back, and then one transaction puts
 * all of them in charge and drops the day's partition. Whatever dies before it leaves the rows, and
 * objects that are deleted.
 *
 * <p>What is written to the partition meanwhile, such as by an erasure, is noticed by a trigger:
 * then the objects are made again.
 */
final class AgedEvents {
  private static final Logger LOG = LoggerFactory.getLogger(AgedEvents.class);
  private static final String STEP = "events";
  private static final DayPartitions PARTITIONS = new DayPartitions("event");
  private static final int ROWS = 20_000;
  private static final int TRIES = 3;

  /** How many events of an older object are read between two renewals of the lease. */
  private static final int LINES = 50_000;

  private static final String IN_USE = "somebody reads or writes them all the time";

  private final Work work;
  private final Map<UUID, ProjectRun> runs;
  private final DayArchive archive;
  private final EventCopies copies;

  /** Up to when a project's sessions are gone whose events have expired. */
  private final Map<UUID, Instant> removedBefore = new HashMap<>();

  private int done;
  private int total;

  AgedEvents(Work work, List<ProjectRun> runs, DayArchive archive, EventCopies copies) {
    this.work = work;
    this.runs = runs.stream().collect(Collectors.toMap(ProjectRun::project, Function.identity()));
    this.archive = archive;
    this.copies = copies;
  }

  /** Something was written to the day since it was read, or its objects took too long. */
  private static final class Changed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Changed() {
      super("changed since it was read", null, false, false);
    }
  }

  /**
   * Moves what is due.
   *
   * @param before days that are over by then
   * @return why some stays; null when nothing does
   */
  @Nullable String move(Instant before) {
    Instant read = copies.readUpTo();
    for (ProjectRun run : runs.values()) {
      removedBefore.put(run.project(), ExpiredEvents.sessionsRemovedBefore(work, run.terms()));
    }
    List<LocalDate> days =
        work.read(PARTITIONS::days).stream().filter(day -> !end(day).isAfter(before)).toList();
    @Nullable String left = null;
    total = days.size();
    for (LocalDate day : days) {
      progress();
      if (end(day).isAfter(read)) {
        return stays(day, "a copy that is required has not read them all", null);
      }
      try {
        String why = tryToMove(day);
        left = why == null ? left : stays(day, why, null);
      } catch (DayAway away) {
        return stays(day, String.valueOf(away.getMessage()), null);
      } catch (DatabaseUnavailable | Lease.Lost | Work.Stopped ends) {
        throw ends;
      } catch (IOException | RuntimeException failure) {
        left = stays(day, Runs.reason(failure), failure);
      }
      done++;
    }
    return left;
  }

  private void progress() {
    work.progress(null, STEP, done, total);
  }

  private static String stays(LocalDate day, String why, @Nullable Exception trace) {
    String sentence = "Events of %s stay in PostgreSQL: %s".formatted(day, why);
    LOG.warn(sentence, trace);
    return sentence;
  }

  private static Instant begin(LocalDate day) {
    return day.atStartOfDay().toInstant(ZoneOffset.UTC);
  }

  private static Instant end(LocalDate day) {
    return begin(day.plusDays(1));
  }

  /**
   * Moves a day.
   *
   * @return why it stays; null when it does not
   */
  private @Nullable String tryToMove(LocalDate day) throws IOException {
    for (int tries = 1; tries <= TRIES; tries++) {
      if (!watch(day)) {
        return IN_USE;
      }
      List<UUID> projects = work.readLong(handle -> projects(handle, day));
      List<UUID> expired = projects.stream().filter(project -> hasExpired(project, day)).toList();
      var stored = new ArrayList<EventDay>();
      var replaced = new ArrayList<EventDay>();
      try {
        for (UUID project : projects) {
          if (!expired.contains(project)) {
            store(project, day, stored, replaced);
          }
        }
        if (record(day, projects, expired, stored, replaced)) {
          return null;
        }
        archive.abandon(stored);
        return IN_USE;
      } catch (Changed _) {
        LOG.info("Events of {} were written to while they were archived", day);
        archive.abandon(stored);
      } catch (IOException | RuntimeException failure) {
        archive.abandon(stored);
        throw failure;
      }
    }
    return "they were written to each time while they were archived";
  }

  /** Has writes noticed from now on, once those that are under way have ended. */
  private boolean watch(LocalDate day) {
    return DayPartitions.tryVeryOften(
        this::progress,
        () ->
            work.change(
                Map.of(),
                handle -> {
                  DayPartitions.waitBriefly(handle);
                  handle
                      .createQuery("select watch_event_day(:day)")
                      .bind("day", day)
                      .mapTo(String.class)
                      .list();
                  return Map.of();
                }));
  }

  private static List<UUID> projects(Handle handle, LocalDate day) {
    return handle
        .createQuery(
            """
            select id from project
            where (select true from %1$s where %1$s.project_id = project.id limit 1)
            order by id
            """
                .formatted(PARTITIONS.of(day)))
        .mapTo(UUID.class)
        .list();
  }

  /**
   * What is left of a day that has expired belongs to sessions that somebody keeps; unless some
   * could not be removed, with whom the day is archived, and removed when they are.
   */
  private boolean hasExpired(UUID project, LocalDate day) {
    ProjectRun run = runs.get(project);
    Instant before = removedBefore.get(project);
    return run != null
        && before != null
        && !end(day).isAfter(before)
        && !end(day).isAfter(run.terms().eventsBefore());
  }

  /** An import may have brought events to a day that is archived: both become one object. */
  private void store(UUID project, LocalDate day, List<EventDay> stored, List<EventDay> replaced)
      throws IOException {
    Optional<EventDay> known = work.read(handle -> EventDays.find(handle, project, day));
    Optional<EventDay> made;
    if (known.isPresent()) {
      try (DayReader older = archive.open(known.get())) {
        var merged = new Merged(rows(project, day), older(older));
        made = archive.store(project, day, merged, this::progress);
      }
    } else {
      made = archive.store(project, day, rows(project, day), this::progress);
    }
    made.ifPresent(each -> {
      stored.add(each);
      known.ifPresent(replaced::add);
    });
  }

  private DayArchive.Source older(DayReader reader) {
    long[] lines = new long[1];
    return () -> {
      if (++lines[0] % LINES == 0) {
        progress();
      }
      return reader.next();
    };
  }

  /** A project's rows, page by page: no transaction is open for long. */
  private DayArchive.Source rows(UUID project, LocalDate day) {
    return new DayArchive.Source() {
      private final Deque<EventLine> page = new ArrayDeque<>();
      private @Nullable EventLine last;
      private boolean isAtEnd;

      @Override
      public Optional<EventLine> next() {
        if (page.isEmpty() && !isAtEnd) {
          progress();
          List<EventLine> some =
              work.readLong(handle -> {
                try {
                  return DayRows.after(
                      handle.getConnection(), PARTITIONS.of(day), project, last, ROWS);
                } catch (SQLException failure) {
                  throw new IllegalStateException(failure);
                }
              });
          page.addAll(some);
          isAtEnd = some.isEmpty();
          last = isAtEnd ? last : some.getLast();
        }
        return Optional.ofNullable(page.poll());
      }
    };
  }

  /** Two sources in one order; of an event that both have, the first one's is taken. */
  private static final class Merged implements DayArchive.Source {
    private final DayArchive.Source first;
    private final DayArchive.Source second;
    private Optional<EventLine> one;
    private Optional<EventLine> other;

    Merged(DayArchive.Source first, DayArchive.Source second) throws IOException {
      this.first = first;
      this.second = second;
      one = first.next();
      other = second.next();
    }

    @Override
    public Optional<EventLine> next() throws IOException {
      int order =
          one.isEmpty()
              ? 1
              : other.isEmpty() ? -1 : EventLine.ORDER.compare(one.get(), other.get());
      Optional<EventLine> next = order <= 0 ? one : other;
      if (order <= 0) {
        one = first.next();
      }
      if (order >= 0 && other.isPresent()) {
        other = second.next();
      }
      return next;
    }
  }

  /**
   * Puts the objects in charge and drops the partition. Writers of that one day wait while the rows
   * are added; everybody else only for the moment in which it is taken out of its table.
   */
  private boolean record(
      LocalDate day,
      List<UUID> projects,
      List<UUID> expired,
      List<EventDay> stored,
      List<EventDay> replaced) {
    if (!archive.renew(stored)) {
      throw new Changed();
    }
    work.witness("before a drop");
    return DayPartitions.tryVeryOften(
        this::progress,
        () ->
            work.change(
                runs,
                handle -> {
                  DayPartitions.waitBriefly(handle);
                  handle.execute("lock table only %s in share mode".formatted(PARTITIONS.of(day)));
                  if (isChanged(handle, day) || !put(handle, stored, replaced)) {
                    throw new Changed();
                  }
                  copies.leave(handle, projects, begin(day), end(day));
                  long there = count(handle, day, expired);
                  PARTITIONS.detach(handle, day);
                  keep(handle, day, expired, there);
                  PARTITIONS.drop(handle, day);
                  return Map.of();
                }));
  }

  private static boolean isChanged(Handle handle, LocalDate day) {
    return handle
        .createQuery("select exists (select from event_day_changed where day = :day)")
        .bind("day", day)
        .mapTo(Boolean.class)
        .one();
  }

  private static boolean put(Handle handle, List<EventDay> stored, List<EventDay> replaced) {
    try {
      return DayArchive.record(handle.getConnection(), stored, replaced);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Nobody can write to the day any more: it is counted before all others have to wait. */
  private static long count(Handle handle, LocalDate day, List<UUID> projects) {
    return projects.isEmpty()
        ? 0
        : handle
            .createQuery(
                "select count(*) from %s where project_id = any(:projects)"
                    .formatted(PARTITIONS.of(day)))
            .bindArray("projects", UUID.class, projects)
            .mapTo(Long.class)
            .one();
  }

  /** Of days that have expired, what is kept longer goes where the others' is. */
  private static void keep(Handle handle, LocalDate day, List<UUID> expired, long there) {
    if (expired.isEmpty()) {
      return;
    }
    DayPartitions.hurry(handle);
    long kept =
        ExpiredEvents.moveKept(handle, day, expired).values().stream()
            .mapToLong(Long::longValue)
            .sum();
    if (kept < there) {
      throw new Changed(); // Retention has yet to remove some, or somebody keeps them no longer.
    }
  }
}
