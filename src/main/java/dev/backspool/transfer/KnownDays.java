package dev.backspool.transfer;

import dev.backspool.eventday.DayFiles;
import dev.backspool.eventday.DayReader;
import dev.backspool.eventday.EventDay;
import dev.backspool.eventday.EventDays;
import dev.backspool.eventday.EventLine;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.transfer.EntryReader.Line;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Events that the project has already, in the archive. A file has its events in the order in which
 * days have theirs, so a day is read along with the file's entries, once. What is read before a
 * transaction holds in it for as long as the days are what they were. One thread.
 */
final class KnownDays {
  /** Of so many days the starts and ends of their sessions are remembered. */
  private static final int REMEMBERED = 3;

  private final Database database;
  private final DayFiles files;
  private final Map<String, Bounds> bounds =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bounds> eldest) {
          return size() > REMEMBERED;
        }
      };

  private @Nullable Open open;

  KnownDays(Database database, DayFiles files) {
    this.database = database;
    this.files = files;
  }

  /** A day that is being read, up to a line that was not asked for yet. */
  private static final class Open {
    private final String object;
    private final DayReader reader;
    private Optional<EventLine> next;

    /** The last one that was passed. */
    private @Nullable EventLine passed;

    Open(String object, DayReader reader) throws IOException {
      this.object = object;
      this.reader = reader;
      next = reader.next();
    }

    /** Whether the day has an event that comes after all that were asked for. */
    boolean has(EventLine wanted) throws IOException {
      while (next.isPresent() && EventLine.ORDER.compare(next.get(), wanted) < 0) {
        passed = next.get();
        next = reader.next();
      }
      return next.isPresent() && EventLine.ORDER.compare(next.get(), wanted) == 0;
    }

    boolean hasPassed(EventLine wanted) {
      return passed != null && EventLine.ORDER.compare(passed, wanted) >= 0;
    }
  }

  /** A day was archived, written anew or ended since it was looked at: look again. */
  static final class Changed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Changed() {
      super("an archived day has changed", null, false, false);
    }
  }

  /**
   * Where the events of a day lie.
   *
   * @param object that has those which have left; null while none have
   * @param hasTable whether there is a table for the others
   */
  private record State(@Nullable String object, boolean hasTable) {}

  /** What days tell of lines. */
  static final class Found {
    private final UUID project;
    private final Map<LocalDate, State> days;
    private final Set<Line> known;

    private Found(UUID project, Map<LocalDate, State> days, Set<Line> known) {
      this.project = project;
      this.days = days;
      this.known = known;
    }

    /**
     * The lines that tell of events which no day has; those that are no events are among them, as
     * the database says so.
     *
     * @param connection in the transaction that adds them, which has looked at the rows: what
     *     leaves these waits for its end
     * @throws Changed when something of it holds no more
     */
    List<Line> without(Connection connection, List<Line> lines) throws SQLException {
      if (!states(connection, project, days.keySet()).equals(days)) {
        throw new Changed();
      }
      return lines.stream().filter(line -> !known.contains(line)).toList();
    }
  }

  private record Asked(Line line, EventLine event) {}

  /**
   * Looks for lines.
   *
   * @throws IOException when a day cannot be read
   */
  Found look(UUID project, List<Line> lines) throws IOException {
    List<Asked> events =
        lines.stream()
            .flatMap(line -> parse(line).map(event -> new Asked(line, event)).stream())
            .toList();
    TreeMap<LocalDate, ArrayList<Asked>> byDay =
        events.stream()
            .collect(
                Collectors.groupingBy(
                    each -> day(each.event()),
                    TreeMap::new,
                    Collectors.toCollection(ArrayList::new)));
    Map<String, Set<LocalDate>> sessions = sessions(project, events);
    var days = new TreeSet<>(byDay.keySet());
    sessions.values().forEach(days::addAll);
    Map<LocalDate, State> states =
        Transaction.run(database, connection -> states(connection, project, days));
    Set<Line> known = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Map.Entry<LocalDate, ArrayList<Asked>> day : byDay.entrySet()) {
      String object = object(states, day.getKey());
      if (object != null) {
        lookUp(project, day.getKey(), object, day.getValue(), known);
      }
    }
    for (Asked each : events) {
      if (each.event().isBound()
          && !known.contains(each.line())
          && hasBound(project, each.event(), sessions, states)) {
        known.add(each.line());
      }
    }
    return new Found(project, states, known);
  }

  private static LocalDate day(EventLine event) {
    return LocalDate.ofInstant(event.receivedAt(), ZoneOffset.UTC);
  }

  private static Optional<EventLine> parse(Line line) {
    try {
      return Optional.of(EventLine.of(line.json()));
    } catch (IllegalArgumentException none) {
      return Optional.empty();
    }
  }

  private static @Nullable String object(Map<LocalDate, State> states, LocalDate day) {
    State state = states.get(day);
    return state == null ? null : state.object();
  }

  private static Map<LocalDate, State> states(
      Connection connection, UUID project, Collection<LocalDate> days) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select wanted.day, object, to_regclass('event_' || to_char(wanted.day, 'YYYYMMDD'))
            from unnest(?::date[]) as wanted (day)
            left join event_day on project_id = ? and event_day.day = wanted.day
            """)) {
      statement.setArray(
          1, connection.createArrayOf("text", days.stream().map(LocalDate::toString).toArray()));
      statement.setObject(2, project);
      var states = new HashMap<LocalDate, State>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          states.put(
              rows.getObject(1, LocalDate.class),
              new State(rows.getString(2), rows.getString(3) != null));
        }
      }
      return states;
    }
  }

  private void lookUp(
      UUID project, LocalDate day, String object, List<Asked> asked, Set<Line> known)
      throws IOException {
    asked.sort((one, other) -> EventLine.ORDER.compare(one.event(), other.event()));
    for (Asked each : asked) {
      Open at = open;
      if (at == null || !at.object.equals(object) || at.hasPassed(each.event())) {
        at = new Open(object, files.open(find(project, day, object)));
        open = at;
      }
      if (at.has(each.event())) {
        known.add(each.line());
      }
    }
  }

  private EventDay find(UUID project, LocalDate day, String object) {
    return database
        .write(handle -> EventDays.find(handle, project, day))
        .filter(found -> found.object().equals(object))
        .orElseThrow(Changed::new);
  }

  /** The sessions there are whose starts or ends are among events, and the days of each. */
  private Map<String, Set<LocalDate>> sessions(UUID project, List<Asked> events) {
    Set<String> wanted =
        events.stream()
            .map(Asked::event)
            .filter(EventLine::isBound)
            .map(EventLine::session)
            .flatMap(Stream::ofNullable)
            .flatMap(KnownDays::id)
            .collect(Collectors.toSet());
    var sessions = new HashMap<String, Set<LocalDate>>();
    if (!wanted.isEmpty()) {
      database.write(handle ->
          handle
              .createQuery(
                  """
                  select id::text as session,
                    (first_received_at at time zone 'UTC')::date as first,
                    (greatest(
                        last_received_at,
                        coalesce(end_received_at, last_received_at + interval '1 day'))
                      at time zone 'UTC')::date as last
                  from session
                  where project_id = :project and id = any(cast(:sessions as uuid[]))
                  """)
              .bind("project", project)
              .bindArray("sessions", String.class, List.copyOf(wanted))
              .map((row, _) ->
                  sessions.put(
                      row.getString("session"),
                      row.getObject("first", LocalDate.class)
                          .datesUntil(row.getObject("last", LocalDate.class).plusDays(1))
                          .collect(Collectors.toSet())))
              .list());
    }
    return sessions;
  }

  /** A session's id, where it is one. */
  private static Stream<String> id(String session) {
    try {
      return Stream.of(UUID.fromString(session).toString());
    } catch (IllegalArgumentException none) {
      return Stream.empty();
    }
  }

  /** Whether a day has the start or end that the project made of a session itself. */
  private boolean hasBound(
      UUID project,
      EventLine event,
      Map<String, Set<LocalDate>> sessions,
      Map<LocalDate, State> states)
      throws IOException {
    String session = event.session();
    if (session == null) {
      return false;
    }
    for (LocalDate day : sessions.getOrDefault(session, Set.of())) {
      String object = object(states, day);
      if (object != null && bounds(project, day, object).has(event.name(), session)) {
        return true;
      }
    }
    return false;
  }

  private Bounds bounds(UUID project, LocalDate day, String object) {
    return bounds.computeIfAbsent(object, _ -> new Bounds(find(project, day, object)));
  }

  /**
   * The starts and ends of sessions that a day has; read when it may have one that is asked for.
   */
  private final class Bounds {
    private final EventDay day;
    private @Nullable Set<String> all;

    Bounds(EventDay day) {
      this.day = day;
    }

    boolean has(String name, String session) throws IOException {
      if (!day.names().mayHaveSession(session)) {
        return false;
      }
      Set<String> known = all;
      if (known == null) {
        known = read();
        all = known;
      }
      return known.contains(name + ' ' + session);
    }

    private Set<String> read() throws IOException {
      var bounds = new HashSet<String>();
      try (DayReader reader = files.open(day)) {
        for (Optional<EventLine> next = reader.next(); next.isPresent(); next = reader.next()) {
          if (next.get().isBound()) {
            bounds.add(next.get().name() + ' ' + next.get().session());
          }
        }
      }
      return bounds;
    }
  }
}
