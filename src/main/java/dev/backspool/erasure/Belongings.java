package dev.backspool.erasure;

import dev.backspool.erasure.Task.Kind;
import dev.backspool.event.SessionIds;
import dev.backspool.ingest.Refusals;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.session.Mark;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Finds what belongs to a person or a session, writes it down as the erasure's tasks, and puts up
 * the tombstones.
 *
 * <p>A person's sessions are those that name them last, those with an event of theirs, and those in
 * which nobody is named, on devices that nobody but them was ever named on.
 */
final class Belongings {
  private static final int SESSIONS_AT_ONCE = 500;

  /** The half hours of a session whose ids are made of them; a session is split long before. */
  private static final int MOST_HALF_HOURS = 100;

  private static final Duration HALF_HOUR = Duration.ofMinutes(30);

  /**
   * Of longer words the beginning is looked for, which finds as much: no text that they are looked
   * for in is longer, and a key of PostgreSQL must not be much longer.
   */
  private static final int LONGEST_WORD = Refusals.MOST_DETAIL;

  private final Database database;
  private final Ledger ledger;

  Belongings(Database database, Ledger ledger) {
    this.database = database;
    this.ledger = ledger;
  }

  /**
   * Looks once.
   *
   * @return whether there was anything that an earlier look did not see
   * @throws Finished when somebody else has finished the erasure
   */
  boolean look(Going going, ArchivedDays.Search search) {
    var sessions = new TreeSet<UUID>();
    ledger.tasks(going, Kind.SESSION).forEach(session -> sessions.add(UUID.fromString(session)));
    int found = 0;
    if (going.subject().kind() == Mark.Kind.PROFILE) {
      sessions.addAll(ofPerson(going, search));
      found += Transaction.run(database, connection -> describePerson(connection, going));
    }
    for (List<UUID> some : batches(sessions, SESSIONS_AT_ONCE)) {
      found += Transaction.run(database, connection -> bury(connection, going, some));
    }
    return found > 0;
  }

  /** Parts of a collection, none of them larger than so many. */
  static <T> List<List<T>> batches(Collection<T> all, int most) {
    var list = List.copyOf(all);
    var batches = new ArrayList<List<T>>();
    for (int from = 0; from < list.size(); from += most) {
      batches.add(list.subList(from, Math.min(list.size(), from + most)));
    }
    return batches;
  }

  /** Rows first, archived days after them: what leaves the rows meanwhile is found there. */
  private Set<UUID> ofPerson(Going going, ArchivedDays.Search search) {
    Set<UUID> sessions = Transaction.run(database, connection -> named(connection, going));
    var shared = new HashSet<String>();
    boolean isMore;
    do {
      shared.addAll(Transaction.run(database, connection -> shared(connection, going, sessions)));
      ArchivedDays.Found found = search.look(sessions);
      shared.addAll(found.shared());
      isMore = sessions.addAll(found.sessions());
    } while (isMore);
    sessions.addAll(
        Transaction.run(database, connection -> anonymous(connection, going, sessions, shared)));
    return sessions;
  }

  /** The sessions that name the person last, and those with an event of theirs. */
  private static Set<UUID> named(Connection connection, Going going) throws SQLException {
    UUID project = going.project();
    String person = going.subject().value();
    var sessions = new HashSet<UUID>();
    ask(
        connection,
        """
        select id from session where project_id = ? and profile_id = ?
        union
        select session_id from event
        where project_id = ? and profile_id = ? and profile_id is distinct from device_id
          and session_id is not null
        """,
        row -> sessions.add(row.getObject(1, UUID.class)),
        project,
        person,
        project,
        person);
    return sessions;
  }

  /** Devices on which events of the sessions name somebody else. */
  private static Set<String> shared(Connection connection, Going going, Set<UUID> sessions)
      throws SQLException {
    var shared = new HashSet<String>();
    for (List<UUID> some : batches(sessions, SESSIONS_AT_ONCE)) {
      ask(
          connection,
          """
          select distinct device_id from event
          where project_id = ? and session_id = any(?) and session_id is not null
            and device_id is not null and profile_id is distinct from device_id
            and profile_id <> ?
          """,
          row -> shared.add(row.getString(1)),
          going.project(),
          uuids(connection, some),
          going.subject().value());
    }
    return shared;
  }

  /** Sessions in which nobody is named, on devices that nobody but the person was named on. */
  private static Set<UUID> anonymous(
      Connection connection, Going going, Set<UUID> sessions, Set<String> shared)
      throws SQLException {
    UUID project = going.project();
    String person = going.subject().value();
    var devices = new TreeSet<String>();
    for (List<UUID> some : batches(sessions, SESSIONS_AT_ONCE)) {
      Array ids = uuids(connection, some);
      ask(
          connection,
          """
          select device_id from session
          where project_id = ? and id = any(?) and device_id is not null
          union
          select unnest(devices) from session where project_id = ? and id = any(?)
          """,
          row -> devices.add(row.getString(1)),
          project,
          ids,
          project,
          ids);
    }
    devices.removeAll(shared);
    devices.removeAll(named(connection, project, person, devices));
    devices.add(person); // Of an anonymous profile the device is the id.
    return anonymous(connection, project, devices);
  }

  /** Those of the devices on which somebody else was named. */
  private static Set<String> named(
      Connection connection, UUID project, String person, Collection<String> devices)
      throws SQLException {
    var named = new HashSet<String>();
    ask(
        connection,
        """
        select device
        from unnest(?) as asked (device)
        where exists (
            select from session
            where project_id = ? and device_id = device and device_id is not null
              and profile_id <> ? and profile_id <> device)
          or exists (
            select from session
            where project_id = ? and devices && array[device] and devices <> '{}'
              and profile_id <> ? and profile_id <> device)
        """,
        row -> named.add(row.getString(1)),
        texts(connection, devices),
        project,
        person,
        project,
        person);
    return named;
  }

  private static Set<UUID> anonymous(
      Connection connection, UUID project, Collection<String> devices) throws SQLException {
    var sessions = new HashSet<UUID>();
    Array asked = texts(connection, devices);
    ask(
        connection,
        """
        select id from session
        where project_id = ? and device_id = any(?) and device_id is not null
          and (profile_id is null or profile_id = device_id)
        union
        select id from session
        where project_id = ? and devices && ? and devices <> '{}'
          and (profile_id is null or profile_id = any(devices))
        """,
        row -> sessions.add(row.getObject(1, UUID.class)),
        project,
        asked,
        project,
        asked);
    return sessions;
  }

  /** What free text may call the person. */
  private static int describePerson(Connection connection, Going going) throws SQLException {
    Ledger.hold(connection, going);
    var words = new TreeSet<String>();
    add(words, going.subject().value());
    ask(
        connection,
        """
        select first_name, last_name, email, avatar from profile where project_id = ? and id = ?
        """,
        row -> {
          for (int column = 1; column <= 4; column++) {
            add(words, row.getString(column));
          }
        },
        going.project(),
        going.subject().value());
    return Ledger.add(connection, going, words(words));
  }

  private record Found(
      UUID id,
      String opener,
      @Nullable String device,
      Instant from,
      Instant until,
      boolean byDevice) {}

  /**
   * Takes sessions on: their tasks and tombstones, and their openers, so that what the same sign-in
   * sends from now on comes to another session.
   */
  private static int bury(Connection connection, Going going, List<UUID> sessions)
      throws SQLException {
    Ledger.hold(connection, going);
    UUID project = going.project();
    var marks = new ArrayList<Mark>();
    var tasks = new ArrayList<Task>();
    var words = new TreeSet<String>();
    for (UUID session : sessions) {
      marks.add(Mark.session(project, session));
      tasks.add(new Task(Kind.SESSION, session.toString()));
    }
    Array ids = uuids(connection, sessions);
    var found = new ArrayList<Found>();
    ask(
        connection,
        """
        select
          id, coalesce(opener, ''), device_id, started_at, last_event_at, name, profile_name,
          profile_email, device_id, array_to_string(devices, E'\\n')
        from session
        where project_id = ? and id = any(?)
        """,
        row -> {
          String opener = row.getString(2);
          found.add(
              new Found(
                  row.getObject(1, UUID.class),
                  opener,
                  row.getString(3),
                  row.getObject(4, OffsetDateTime.class).toInstant(),
                  row.getObject(5, OffsetDateTime.class).toInstant(),
                  opener.startsWith("device:")));
          for (int column = 6; column <= 9; column++) {
            add(words, row.getString(column));
          }
          row.getString(10).lines().forEach(device -> add(words, device));
        },
        project,
        ids);
    var signIns = new HashSet<UUID>();
    for (Found session : found) {
      if (session.opener().startsWith("name:")) {
        marks.add(Mark.opener(project, session.opener()));
      } else if (session.opener().startsWith("token:")) {
        signIns.add(session.id());
      } else if (session.byDevice()) {
        marks.addAll(halfHours(project, session));
      }
    }
    ask(
        connection,
        "select id from tab where project_id = ? and session_id = any(?)",
        row -> marks.add(Mark.tab(project, row.getString(1))),
        project,
        uuids(connection, signIns));
    int taken = Ledger.bury(connection, going, marks);
    tasks.addAll(words(words));
    taken += Ledger.add(connection, going, tasks);
    forgetOpeners(connection, project, found, ids);
    return taken;
  }

  /**
   * The ids that late events of a device's session may be placed by: each half hour of it has one.
   */
  private static List<Mark> halfHours(UUID project, Found session) {
    String device = session.device();
    var marks = new ArrayList<Mark>();
    if (device != null) {
      Instant at = session.from();
      for (int i = 0; i < MOST_HALF_HOURS && !at.isAfter(session.until()); i++) {
        marks.add(mark(project, device, at));
        at = at.plus(HALF_HOUR);
      }
      marks.add(mark(project, device, session.until()));
    }
    return marks;
  }

  private static Mark mark(UUID project, String device, Instant at) {
    return Mark.session(project, SessionIds.of(project.toString(), device, at.toEpochMilli()));
  }

  private static void forgetOpeners(
      Connection connection, UUID project, List<Found> sessions, Array ids) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            delete from open_session
            where project_id = ? and opener = any(?) and session_id = any(?)
            """)) {
      statement.setObject(1, project);
      statement.setArray(2, texts(connection, sessions.stream().map(Found::opener).toList()));
      statement.setArray(3, ids);
      statement.executeUpdate();
    }
  }

  private static List<Task> words(Collection<String> words) {
    return words.stream().map(word -> new Task(Kind.WORD, word)).toList();
  }

  private static void add(Collection<String> words, @Nullable String word) {
    if (word != null && !word.isBlank()) {
      words.add(beginning(word));
    }
  }

  /** At most the longest word, and no half of a character that Java makes of two. */
  private static String beginning(String word) {
    if (word.length() <= LONGEST_WORD) {
      return word;
    }
    boolean parts = Character.isHighSurrogate(word.charAt(LONGEST_WORD - 1));
    return word.substring(0, parts ? LONGEST_WORD - 1 : LONGEST_WORD);
  }

  @FunctionalInterface
  private interface Reader {
    void read(ResultSet row) throws SQLException;
  }

  private static void ask(Connection connection, String sql, Reader reader, Object... values)
      throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          reader.read(rows);
        }
      }
    }
  }

  static Array uuids(Connection connection, Collection<UUID> ids) throws SQLException {
    return connection.createArrayOf("uuid", ids.toArray());
  }

  private static Array texts(Connection connection, Collection<String> texts) throws SQLException {
    return connection.createArrayOf("text", texts.toArray());
  }
}
