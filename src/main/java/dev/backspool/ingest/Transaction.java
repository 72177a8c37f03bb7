package dev.backspool.ingest;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/** Runs the statements of a group in one transaction, again where another writer was in the way. */
public final class Transaction {
  private static final int TRIES = 8;

  /** Deadlock, serialization failure, and a key that somebody else added since we looked. */
  private static final Set<String> CONFLICTS = Set.of("40P01", "40001", "23505");

  private Transaction() {}

  /** What is done on the connection, neither committing nor rolling back. */
  @FunctionalInterface
  public interface Work<R> {
    R in(Connection connection) throws SQLException;
  }

  /** Another writer was in the way: the transaction starts over. */
  public static final class Overtaken extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Overtaken() {
      super("another writer was in the way", null, false, false);
    }
  }

  /** The database refuses these rows, alone or with others. */
  public static final class Unstorable extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unstorable(SQLException cause) {
      super(cause);
    }
  }

  /**
   * Commits the work.
   *
   * @throws DatabaseUnavailable when the database as a whole does not answer
   * @throws Unstorable when it refuses these rows
   */
  public static <R> R run(Database database, Work<R> work) {
    for (int attempt = 1; ; attempt++) {
      try (Connection connection = database.writer()) {
        try {
          R result = work.in(connection);
          connection.commit();
          return result;
        } catch (SQLException | RuntimeException failure) {
          rollBack(connection, failure);
          throw failure;
        }
      } catch (Overtaken overtaken) {
        if (attempt == TRIES) {
          throw overtaken;
        }
      } catch (SQLException failure) {
        if (DatabaseUnavailable.isCauseOf(failure)) {
          throw new DatabaseUnavailable(failure);
        }
        String state = failure.getSQLState();
        if (attempt == TRIES || state == null || !CONFLICTS.contains(state)) {
          throw new Unstorable(failure);
        }
      }
    }
  }

  /** On a connection that is gone this fails as well, and what made it go is what counts. */
  private static void rollBack(Connection connection, Exception failure) {
    try {
      connection.rollback();
    } catch (SQLException gone) {
      failure.addSuppressed(gone);
    }
  }
}
