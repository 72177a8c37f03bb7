package dev.backspool.retention;

import dev.backspool.eventday.DayArchive;
import dev.backspool.eventday.DayReader;
import dev.backspool.eventday.DayRows;
import dev.backspool.eventday.EventDay;
import dev.backspool.eventday.EventDays;
import dev.backspool.eventday.EventLine;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.Lease;
import dev.backspool.session.Mark;
import dev.backspool.session.Tombstones;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Ends archived days of events that have expired: the row that names the object goes, and with it
 * the object. Events of kept sessions come back to PostgreSQL by it, where those of other expired
 * days are.
 */
final class ExpiredDays {
  private static final String STEP = "events";
  private static final int TRIES = 5;

  private final Work work;
  private final ProjectRun run;
  private final DayArchive archive;

  private ExpiredDays(Work work, ProjectRun run, DayArchive archive) {
    this.work = work;
    this.run = run;
    this.archive = archive;
  }

  /** The day is not what it was, or other sessions of it are kept by now. */
  private static final class Again extends RuntimeException {
    private static final long serialVersionUID = 1;

    Again() {
      super("not as it was looked at", null, false, false);
    }
  }

  /** Ends what has expired of a project. */
  static void remove(Work work, ProjectRun run, DayArchive archive) {
    if (run.terms().eventsBefore().isAfter(Terms.NEVER)) {
      new ExpiredDays(work, run, archive).remove();
    }
  }

  private void remove() {
    Instant before = ExpiredEvents.sessionsRemovedBefore(work, run.terms());
    LocalDate end = LocalDate.ofInstant(before, ZoneOffset.UTC);
    Set<LocalDate> days =
        work.read(handle -> EventDays.objects(handle, run.project(), LocalDate.EPOCH, end))
            .keySet();
    int done = 0;
    for (LocalDate day : days) {
      work.progress(run.project(), STEP, done, days.size());
      done++;
      try {
        remove(day);
      } catch (DatabaseUnavailable | Lease.Lost | Work.Stopped ends) {
        throw ends;
      } catch (IOException | RuntimeException failure) {
        run.fail("The archived events of " + day + " could not be removed", failure);
      }
    }
  }

  private void remove(LocalDate day) throws IOException {
    for (int tries = 1; ; tries++) {
      Optional<EventDay> found = work.read(handle -> EventDays.find(handle, run.project(), day));
      if (found.isEmpty()) {
        return;
      }
      EventDay at = found.get();
      Set<String> kept = work.read(handle -> kept(handle, at));
      List<EventLine> lines = kept.isEmpty() ? List.of() : lines(at, kept);
      try {
        work.remove(run, handle -> remove(handle, at, kept, lines));
        return;
      } catch (Again again) {
        if (tries == TRIES) {
          throw new IOException("it changes all the time", again);
        }
      }
    }
  }

  /** The kept sessions that may have events in a day. */
  private static Set<String> kept(Handle handle, EventDay day) {
    return handle
        .createQuery(
            """
            select id::text from session
            where project_id = :project and %1$s
              and first_received_at < :ends + interval '1 day'
              and %2$s >= :begins - interval '1 day'
            order by id
            for share
            """
                .formatted(Expired.KEEPS_EVENTS, Expired.LAST_EVENT_RECEIVED))
        .bind("project", day.project())
        .bind("begins", day.begins().atOffset(ZoneOffset.UTC))
        .bind("ends", day.ends().atOffset(ZoneOffset.UTC))
        .mapTo(String.class)
        .list()
        .stream()
        .filter(day.names()::mayHaveSession)
        .collect(Collectors.toSet());
  }

  private List<EventLine> lines(EventDay day, Set<String> sessions) throws IOException {
    var lines = new ArrayList<EventLine>();
    try (DayReader reader = archive.open(day)) {
      for (Optional<EventLine> next = reader.next(); next.isPresent(); next = reader.next()) {
        String session = next.get().session();
        if (session != null && sessions.contains(session)) {
          lines.add(next.get());
        }
      }
    }
    return lines;
  }

  /**
   * In one transaction. Kept sessions are locked: of one that an erasure has removed nothing comes
   * back, and one that it removes later it finds with its rows.
   */
  private Removed remove(Handle handle, EventDay day, Set<String> read, List<EventLine> lines) {
    if (day.ends().isAfter(run.terms().eventsBefore())) {
      return Removed.NOTHING; // It is kept longer by now.
    }
    try {
      Connection connection = handle.getConnection();
      var tombstones = Tombstones.watch(connection, List.of(day.project()));
      Set<String> kept = kept(handle, day);
      if (!read.containsAll(kept) || EventDays.remove(connection, List.of(day)).isEmpty()) {
        throw new Again();
      }
      List<EventLine> back =
          without(
              tombstones.lookAgain(),
              day.project(),
              lines.stream().filter(line -> kept.contains(line.session())).toList());
      tellCopies(handle, day);
      DayRows.insert(connection, day.project(), back);
      return new Removed(0, 1, day.bytes(), 0, day.events() - back.size(), 0);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static List<EventLine> without(Tombstones tombstones, UUID project, List<EventLine> lines)
      throws SQLException {
    if (tombstones.isEmpty()) {
      return lines;
    }
    var marks = new HashSet<Mark>();
    lines.forEach(line -> marks.addAll(marks(project, line)));
    Set<Mark> erased = tombstones.among(marks);
    return lines.stream()
        .filter(line -> marks(project, line).stream().noneMatch(erased::contains))
        .toList();
  }

  private static List<Mark> marks(UUID project, EventLine line) {
    var marks = new ArrayList<Mark>();
    String session = line.session();
    if (session != null) {
      marks.add(Mark.session(project, UUID.fromString(session)));
    }
    String profile = line.profile();
    if (profile != null) {
      marks.add(Mark.profile(project, profile));
    }
    return marks;
  }

  /** What comes back is stored by the same transaction, and copied again after it. */
  private static void tellCopies(Handle handle, EventDay day) {
    handle
        .createUpdate(
            """
            insert into sync_forget (project_id, received_from, received_until)
            values (:project, :begins, :ends)
            """)
        .bind("project", day.project())
        .bind("begins", day.begins().atOffset(ZoneOffset.UTC))
        .bind("ends", day.ends().atOffset(ZoneOffset.UTC))
        .execute();
    handle
        .createQuery("select pg_notify('backspool_sync', :project)")
        .bind("project", day.project().toString())
        .mapTo(String.class)
        .list();
  }
}
