package dev.backspool.erasure;

import dev.backspool.eventday.DayArchive;
import dev.backspool.eventday.DayAway;
import dev.backspool.eventday.DayReader;
import dev.backspool.eventday.EventDay;
import dev.backspool.eventday.EventDays;
import dev.backspool.eventday.EventLine;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import dev.backspool.session.Mark;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Days of events that have left PostgreSQL, as an erasure goes through them: those that may name
 * somebody are read, and those that do are written anew without them. The object that is replaced
 * loses its key with its row, so that no copy of it can be read.
 *
 * <p>Rows come here out of PostgreSQL: so whoever looks at the rows first, and here after it,
 * misses none of those. Retention brings the events of kept sessions back; it locks these sessions
 * for it, and looks who is erased by then.
 */
final class ArchivedDays {
  private static final Logger LOG = LoggerFactory.getLogger(ArchivedDays.class);
  private static final LocalDate FIRST = LocalDate.of(2000, 1, 1);

  /** Each brings a filter of up to some hundred thousand bytes. */
  private static final int DAYS_AT_ONCE = 20;

  private static final int TRIES = 5;

  private final Database database;
  private final DayArchive archive;

  ArchivedDays(Database database, DayArchive archive) {
    this.database = database;
    this.archive = archive;
  }

  /**
   * What days tell of a person.
   *
   * @param sessions with an event that names them
   * @param shared devices that others are named on, in the sessions that were asked about
   */
  record Found(Set<UUID> sessions, Set<String> shared) {}

  /** Whether an event names a person. */
  boolean mention(Mark person) {
    return new Search(person, () -> true).mentions();
  }

  /**
   * A search for somebody; it remembers what it has read, as objects never change.
   *
   * @param goesOn asked before each day is opened
   */
  Search search(Mark subject, BooleanSupplier goesOn) {
    return new Search(subject, goesOn);
  }

  /** One erasure's. One thread. */
  final class Search {
    private final UUID project;
    private final @Nullable String person;
    private final BooleanSupplier goesOn;
    private final Map<String, Known> known = new HashMap<>();

    /** Objects in which there is nothing of so many sessions; there are only ever more of them. */
    private final Map<String, Integer> clean = new HashMap<>();

    private record Known(int sessions, Found found) {}

    private Search(Mark subject, BooleanSupplier goesOn) {
      project = subject.project();
      person = subject.kind() == Mark.Kind.PROFILE ? subject.value() : null;
      this.goesOn = goesOn;
    }

    private boolean mentions() {
      return !days(
              Set.of(),
              day -> {
                boolean[] isNamed = new boolean[1];
                read(day, line -> isNamed[0] |= isTheirs(line));
                return isNamed[0] ? 1 : 0;
              },
              1)
          .isEmpty();
    }

    /** What days tell of the person, where these are sessions of theirs. */
    Found look(Set<UUID> sessions) {
      var found = new Found(new HashSet<>(), new HashSet<>());
      Set<String> ids = texts(sessions);
      days(
          ids,
          day -> {
            Known here = known.get(day.object());
            if (here == null || here.sessions() != ids.size()) {
              here = new Known(ids.size(), lookAt(day, ids));
              known.put(day.object(), here);
            }
            found.sessions().addAll(here.found().sessions());
            found.shared().addAll(here.found().shared());
            return 0;
          },
          Integer.MAX_VALUE);
      return found;
    }

    private Found lookAt(EventDay day, Set<String> sessions) throws IOException {
      var found = new Found(new HashSet<>(), new HashSet<>());
      read(
          day,
          line -> {
            String session = line.session();
            if (session == null || !line.isNamed()) {
              return;
            }
            String device = line.device();
            if (isTheirs(line)) {
              found.sessions().add(UUID.fromString(session));
            } else if (device != null && sessions.contains(session)) {
              found.shared().add(device);
            }
          });
      return found;
    }

    private boolean isTheirs(EventLine line) {
      return person != null && line.isNamed() && person.equals(line.profile());
    }

    /**
     * Removes what is the subject's.
     *
     * @param sessions all of theirs
     * @return how many events were removed or changed
     */
    long remove(Going going, Collection<UUID> sessions) {
      Set<String> ids = texts(sessions);
      return days(ids, day -> remove(going, day, ids), Integer.MAX_VALUE).stream()
          .mapToLong(Long::longValue)
          .sum();
    }

    private long remove(Going going, EventDay day, Set<String> sessions) throws IOException {
      if (clean.getOrDefault(day.object(), -1) == sessions.size()) {
        return 0;
      }
      var gone = new ArrayList<Long>();
      var detached = new ArrayList<Long>();
      read(
          day,
          line -> {
            switch (fate(line, sessions)) {
              case GOES -> gone.add(line.id());
              case STAYS_ALONE -> detached.add(line.id());
              case STAYS -> {}
            }
          });
      if (gone.isEmpty() && detached.isEmpty()) {
        clean.put(day.object(), sessions.size());
        return 0;
      }
      replace(going, day, sessions, gone, detached);
      return gone.size() + (long) detached.size();
    }

    private void replace(
        Going going, EventDay day, Set<String> sessions, List<Long> gone, List<Long> detached)
        throws IOException {
      Optional<EventDay> made;
      try (DayReader old = archive.open(day)) {
        made = archive.store(project, day.day(), () -> next(old, sessions));
      }
      List<EventDay> stored = made.map(List::of).orElse(List.of());
      try {
        boolean recorded =
            Transaction.run(
                database, connection -> record(connection, going, day, stored, gone, detached));
        if (!recorded) {
          throw new Replaced();
        }
      } catch (RuntimeException failure) {
        archive.abandon(stored);
        throw failure;
      }
    }

    private Optional<EventLine> next(DayReader old, Set<String> sessions) throws IOException {
      for (Optional<EventLine> next = old.next(); next.isPresent(); next = old.next()) {
        EventLine line = next.get();
        switch (fate(line, sessions)) {
          case GOES -> {}
          case STAYS_ALONE -> {
            return Optional.of(line.withoutSession());
          }
          case STAYS -> {
            return next;
          }
        }
      }
      return Optional.empty();
    }

    /** As {@link Removal} does with rows. */
    private Fate fate(EventLine line, Set<String> sessions) {
      if (isTheirs(line)) {
        return Fate.GOES;
      }
      String session = line.session();
      if (session == null || !sessions.contains(session)) {
        return Fate.STAYS;
      }
      return person == null || !line.isNamed() || line.profile() == null || line.isBound()
          ? Fate.GOES
          : Fate.STAYS_ALONE;
    }

    private interface OfDay {
      long of(EventDay day) throws IOException;
    }

    /**
     * Does something with each day that may have something of the subject's.
     *
     * @param most ends it after so many results above 0
     * @return these
     */
    private List<Long> days(Set<String> sessions, OfDay work, int most) {
      var results = new ArrayList<Long>();
      LocalDate from = FIRST;
      while (true) {
        LocalDate first = from;
        List<EventDay> days =
            database.write(handle -> EventDays.from(handle, project, first, DAYS_AT_ONCE));
        for (EventDay day : days) {
          if (mayHave(day, sessions)) {
            long result = of(day, sessions, work);
            if (result > 0) {
              results.add(result);
            }
            if (results.size() == most) {
              return results;
            }
          }
        }
        if (days.size() < DAYS_AT_ONCE) {
          return results;
        }
        from = days.getLast().day().plusDays(1);
      }
    }

    private boolean mayHave(EventDay day, Set<String> sessions) {
      return (person != null && day.names().mayHaveProfile(person))
          || sessions.stream().anyMatch(day.names()::mayHaveSession);
    }

    /** A day may be written anew by others meanwhile, or end. */
    private long of(EventDay first, Set<String> sessions, OfDay work) {
      EventDay day = first;
      for (int tries = 1; ; tries++) {
        if (!goesOn.getAsBoolean()) {
          throw new StillGoingOn(
              "Archived days are being written anew; the erasure goes on by itself");
        }
        try {
          return work.of(day);
        } catch (DayAway away) {
          throw new StillGoingOn("The archive does not answer; the erasure goes on when it does");
        } catch (IOException | Replaced failure) {
          EventDay at = day;
          Optional<EventDay> now =
              database.write(handle -> EventDays.find(handle, project, at.day()));
          if (now.isEmpty() || !mayHave(now.get(), sessions)) {
            return 0;
          }
          if (now.get().object().equals(at.object()) || tries == TRIES) {
            LOG.error(
                "Erasures in project {} wait for the archived events of {}: {}",
                project,
                at.day(),
                failure.getMessage());
            throw new StillGoingOn(
                "The archived events of %s cannot be written anew; the log tells why"
                    .formatted(at.day()));
          }
          day = now.get();
        }
      }
    }
  }

  /** What becomes of an event. */
  private enum Fate {
    GOES,

    /** It is somebody else's, and loses its session. */
    STAYS_ALONE,
    STAYS
  }

  /** Somebody else wrote the day anew. */
  private static final class Replaced extends RuntimeException {
    private static final long serialVersionUID = 1;

    Replaced() {
      super("written anew by somebody else", null, false, false);
    }
  }

  @FunctionalInterface
  private interface Seen {
    void line(EventLine line);
  }

  private void read(EventDay day, Seen seen) throws IOException {
    try (DayReader reader = archive.open(day)) {
      for (Optional<EventLine> next = reader.next(); next.isPresent(); next = reader.next()) {
        seen.line(next.get());
      }
    }
  }

  private static Set<String> texts(Collection<UUID> ids) {
    var texts = new HashSet<String>();
    ids.forEach(id -> texts.add(id.toString()));
    return texts;
  }

  /** The new object takes over, and the copies elsewhere are told what went and what changed. */
  private static boolean record(
      Connection connection,
      Going going,
      EventDay old,
      List<EventDay> stored,
      List<Long> gone,
      List<Long> detached)
      throws SQLException {
    if (!DayArchive.record(connection, stored, List.of(old))) {
      connection.rollback();
      return false;
    }
    Ledger.list(connection, going, List.of(old.object()));
    Map<Removed, Long> removed = new EnumMap<>(Removed.class);
    removed.put(Removed.EVENTS, (long) gone.size());
    removed.put(Removed.OBJECTS, 1L);
    removed.put(Removed.OBJECT_BYTES, old.bytes());
    Ledger.count(connection, going, List.of("event_day"), removed);
    note(connection, going.project(), gone, true);
    note(connection, going.project(), detached, false);
    return true;
  }

  private static void note(Connection connection, UUID project, List<Long> ids, boolean areGone)
      throws SQLException {
    if (ids.isEmpty()) {
      return;
    }
    try (var statement =
        connection.prepareStatement(
            """
            insert into sync_key as known (project_id, source, key, seq, xid, is_gone)
            select ?, 8, int8send(id), nextval('sync_seq'), pg_current_xact_id(), ?
            from unnest(?::bigint[]) as id
            order by 3
            on conflict (project_id, source, key) do update set
              seq = nextval('sync_seq'), xid = excluded.xid, is_gone = excluded.is_gone,
              changed_at = excluded.changed_at
            """)) {
      statement.setObject(1, project);
      statement.setBoolean(2, areGone);
      new Columns<>(statement, ids, 3).longs(id -> id);
      statement.executeUpdate();
    }
    try (var statement = connection.prepareStatement("select pg_notify('backspool_sync', ?)")) {
      statement.setString(1, project.toString());
      statement.execute();
    }
  }
}
