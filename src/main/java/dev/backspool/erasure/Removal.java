package dev.backspool.erasure;

import dev.backspool.erasure.Task.Kind;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.session.Mark;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Deletes the rows of an erasure's tasks, in small transactions, each of which counts in the
 * receipt what it deletes. Several may do it at a time, and any of them may die.
 *
 * <p>The sessions' own rows go first: with them nobody sees the rest any more, and nobody who looks
 * for the row finds anything to add to it.
 */
final class Removal {
  private static final int SESSIONS_AT_ONCE = 500;
  private static final int SESSIONS_A_TRANSACTION = 100;
  private static final int ROWS_A_TRANSACTION = 5_000;

  /** Each has its payload to be freed. */
  private static final int CHUNKS_A_TRANSACTION = 500;

  /** Undefined table: a day that retention has dropped since we listed it. */
  private static final String NO_TABLE = "42P01";

  private final Database database;
  private final Ledger ledger;

  Removal(Database database, Ledger ledger) {
    this.database = database;
    this.ledger = ledger;
  }

  /** Which rows of a table, and how many at a time. */
  private record Rows(String table, String condition, int most, Removed kind) {}

  @FunctionalInterface
  private interface Binder {
    /** Binds the condition's values, from this parameter on; gives the next one. */
    int bind(PreparedStatement statement, int from) throws SQLException;
  }

  /**
   * Deletes all that is there.
   *
   * @return how many rows there were
   * @throws Finished when somebody else has finished the erasure
   */
  long pass(Going going, ArchivedDays.Search search) {
    long removed = 0;
    List<UUID> sessions = ledger.tasks(going, Kind.SESSION).stream().map(UUID::fromString).toList();
    for (List<UUID> some : Belongings.batches(sessions, SESSIONS_AT_ONCE)) {
      removed += ofSessions(going, some);
    }
    if (going.subject().kind() == Mark.Kind.PROFILE) {
      removed += ofPerson(going);
    }
    // After the rows: they may leave for the archive meanwhile, and never come back from there
    // without a session that is kept.
    return removed + search.remove(going, sessions);
  }

  private long ofSessions(Going going, List<UUID> sessions) {
    Binder theirs =
        (statement, from) -> {
          statement.setObject(from, going.project());
          statement.setArray(from + 1, Belongings.uuids(statement.getConnection(), sessions));
          return from + 2;
        };
    String condition = "project_id = ? and session_id = any(?)";
    long removed =
        delete(going, new Rows("page", condition, ROWS_A_TRANSACTION, Removed.PAGES), theirs);
    for (List<UUID> some : Belongings.batches(sessions, SESSIONS_A_TRANSACTION)) {
      removed += Transaction.run(database, connection -> deleteSessions(connection, going, some));
    }
    for (String day : days("chunk")) {
      removed +=
          delete(going, new Rows(day, condition, CHUNKS_A_TRANSACTION, Removed.CHUNKS), theirs);
    }
    removed += events(going, condition + " and session_id is not null", theirs);
    removed +=
        delete(going, new Rows("receipt", condition, ROWS_A_TRANSACTION, Removed.RECEIPTS), theirs);
    return removed;
  }

  /**
   * Of a session that two people were named in, the other one's events stay, though what they did
   * together does not.
   */
  private long events(Going going, String ofSessions, Binder theirs) {
    boolean isPerson = going.subject().kind() == Mark.Kind.PROFILE;
    String theirOwn =
        ofSessions
            + """
             and (profile_id is null or profile_id = device_id or profile_id = ?
               or name in ('session_start', 'session_end'))
            """;
    Binder withPerson =
        (statement, from) -> {
          int next = theirs.bind(statement, from);
          statement.setString(next, going.subject().value());
          return next + 1;
        };
    long removed = 0;
    for (String day : days("event")) {
      removed +=
          delete(
              going,
              new Rows(day, isPerson ? theirOwn : ofSessions, ROWS_A_TRANSACTION, Removed.EVENTS),
              isPerson ? withPerson : theirs);
      if (isPerson) {
        removed += detach(going, day, ofSessions, theirs);
      }
    }
    return removed;
  }

  private long ofPerson(Going going) {
    String person = going.subject().value();
    Binder theirs =
        (statement, from) -> {
          statement.setObject(from, going.project());
          statement.setString(from + 1, person);
          return from + 2;
        };
    long removed =
        delete(
            going, new Rows("profile", "project_id = ? and id = ?", 1, Removed.PROFILES), theirs);
    for (String day : days("event")) {
      removed +=
          delete(
              going,
              new Rows(
                  day,
                  "project_id = ? and profile_id = ? and profile_id is distinct from device_id",
                  ROWS_A_TRANSACTION,
                  Removed.EVENTS),
              theirs);
    }
    return removed;
  }

  /** The tables that hold the rows of a partitioned one. */
  private List<String> days(String table) {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select inhrelid::regclass::text from pg_inherits
                where inhparent = cast(:table as regclass)
                order by 1
                """)
            .bind("table", table)
            .mapTo(String.class)
            .list());
  }

  private long delete(Going going, Rows rows, Binder binder) {
    String sql =
        "delete from %1$s where ctid = any(array(select ctid from %1$s where %2$s limit %3$d))"
            .formatted(rows.table(), rows.condition(), rows.most());
    return again(
        rows.most(),
        connection -> {
          int some;
          try (var statement = connection.prepareStatement(sql)) {
            binder.bind(statement, 1);
            some = statement.executeUpdate();
          }
          if (some > 0) {
            Ledger.count(
                connection, going, List.of(rows.table()), Map.of(rows.kind(), (long) some));
          }
          return some;
        });
  }

  private long detach(Going going, String table, String condition, Binder binder) {
    String sql =
        """
        update %1$s set session_id = null
        where ctid = any(array(select ctid from %1$s where %2$s limit %3$d))
        """
            .formatted(table, condition, ROWS_A_TRANSACTION);
    return again(
        ROWS_A_TRANSACTION,
        connection -> {
          int some;
          try (var statement = connection.prepareStatement(sql)) {
            binder.bind(statement, 1);
            some = statement.executeUpdate();
          }
          if (some > 0) {
            Ledger.count(connection, going, List.of(table), Map.of());
          }
          return some;
        });
  }

  /** What all copies have been told of, or nobody copies, is not noted any more. */
  void forgetKeys(Going going) {
    again(
        ROWS_A_TRANSACTION,
        connection -> {
          int some;
          try (var statement = connection.prepareStatement("select sync_forget_gone(?, ?)")) {
            statement.setObject(1, going.project());
            statement.setInt(2, ROWS_A_TRANSACTION);
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              some = row.getInt(1);
            }
          }
          if (some > 0) {
            Ledger.count(connection, going, List.of("sync_key"), Map.of());
          }
          return some;
        });
  }

  /** Runs transactions until one finds fewer rows than it might have taken. */
  private long again(int most, Transaction.Work<Integer> work) {
    long all = 0;
    int some;
    do {
      try {
        some = Transaction.run(database, work);
      } catch (Transaction.Unstorable failure) {
        if (failure.getCause() instanceof SQLException sql && NO_TABLE.equals(sql.getSQLState())) {
          return all;
        }
        throw failure;
      }
      all += some;
    } while (some == most);
    return all;
  }

  /**
   * Deletes sessions with their tabs, and the rows that name their objects, which the trigger then
   * has deleted. With these rows the objects' keys are gone: no copy can be read any more.
   */
  private static int deleteSessions(Connection connection, Going going, List<UUID> sessions)
      throws SQLException {
    UUID project = going.project();
    // Whoever puts an object in charge holds the session's row: nobody does from here on. The order
    // is that of writers and of retention, who wait for us in it, and not in a circle.
    lock(
        connection,
        project,
        sessions,
        "select 1 from tab where project_id = ? and session_id = any(?) order by session_id, id for update",
        "select 1 from session where project_id = ? and id = any(?) order by id for update",
        """
        select 1 from recording_part where project_id = ? and session_id = any(?)
        order by object
        for update
        """);
    Map<Removed, Long> removed = new EnumMap<>(Removed.class);
    var objects = new TreeSet<>(deleteParts(connection, project, sessions, removed));
    objects.addAll(doomed(connection, project, sessions));
    removed.put(Removed.OBJECTS, (long) objects.size());
    if (!objects.isEmpty()) {
      Ledger.list(connection, going, List.copyOf(objects));
    }
    removed.put(
        Removed.TABS,
        execute(
            connection,
            "delete from tab where project_id = ? and session_id = any(?)",
            project,
            sessions));
    removed.put(
        Removed.SESSIONS,
        execute(
            connection,
            "delete from session where project_id = ? and id = any(?)",
            project,
            sessions));
    long all = removed.values().stream().mapToLong(Long::longValue).sum();
    if (all > 0) {
      Ledger.count(
          connection, going, List.of("session", "tab", "recording_part", "open_session"), removed);
    }
    return all > 0 ? 1 : 0;
  }

  private static void lock(Connection connection, UUID project, List<UUID> sessions, String... rows)
      throws SQLException {
    for (String each : rows) {
      try (var statement = connection.prepareStatement(each)) {
        statement.setObject(1, project);
        statement.setArray(2, Belongings.uuids(connection, sessions));
        statement.executeQuery().close();
      }
    }
  }

  private static List<String> deleteParts(
      Connection connection, UUID project, List<UUID> sessions, Map<Removed, Long> removed)
      throws SQLException {
    var objects = new ArrayList<String>();
    long bytes = 0;
    try (var statement =
        connection.prepareStatement(
            """
            delete from recording_part where project_id = ? and session_id = any(?)
            returning object, bytes
            """)) {
      statement.setObject(1, project);
      statement.setArray(2, Belongings.uuids(connection, sessions));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          objects.add(rows.getString(1));
          bytes += rows.getLong(2);
        }
      }
    }
    removed.put(Removed.OBJECT_BYTES, bytes);
    return objects;
  }

  /**
   * The sessions' objects that are to be deleted, those that were replaced by others before among
   * them: they need not wait any longer.
   */
  private static List<String> doomed(Connection connection, UUID project, List<UUID> sessions)
      throws SQLException {
    var objects = new ArrayList<String>();
    try (var statement =
        connection.prepareStatement(
            """
            update doomed_object set
              session_id = null,
              not_before = case when deleting then not_before else least(not_before, now()) end
            where project_id = ? and session_id = any(?) and session_id is not null
            returning object
            """)) {
      statement.setObject(1, project);
      Array ids = Belongings.uuids(connection, sessions);
      statement.setArray(2, ids);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          objects.add(rows.getString(1));
        }
      }
    }
    return objects;
  }

  private static long execute(Connection connection, String sql, UUID project, List<UUID> sessions)
      throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      statement.setObject(1, project);
      statement.setArray(2, Belongings.uuids(connection, sessions));
      return statement.executeUpdate();
    }
  }
}
