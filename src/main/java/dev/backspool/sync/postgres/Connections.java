package dev.backspool.sync.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Connections to somebody else's server: as many as are needed at a time, kept for a minute. No
 * pool that tries again by itself: how often somebody's server is bothered is decided elsewhere,
 * and what it said is to be told. Threads share one.
 */
final class Connections implements AutoCloseable {
  private static final Duration KEEP = Duration.ofMinutes(1);

  /** Asking after each page whether it still stands would cost as much as a page. */
  private static final Duration DOUBT = Duration.ofSeconds(1);

  private static final int PATIENCE_SECONDS = 5;

  private final PGSimpleDataSource source;
  private final String settings;
  private final Deque<Idle> idle = new ArrayDeque<>();
  private boolean isClosed;

  private record Idle(Connection connection, long since) {
    boolean isOld() {
      return System.nanoTime() - since > KEEP.toNanos();
    }

    /** Somebody on the way may have forgotten it. */
    boolean isDoubtful() {
      return System.nanoTime() - since > DOUBT.toNanos();
    }
  }

  /**
   * Opens none yet.
   *
   * @param settings statements that begin each
   */
  Connections(PGSimpleDataSource source, String settings) {
    this.source = source;
    this.settings = settings;
  }

  /** One for a transaction; to be given back, or closed when it failed. */
  Connection take() throws SQLException {
    synchronized (this) {
      while (!idle.isEmpty()) {
        Idle last = idle.removeLast();
        if (!last.isOld() && (!last.isDoubtful() || last.connection().isValid(PATIENCE_SECONDS))) {
          return last.connection();
        }
        close(last.connection());
      }
    }
    Connection fresh = source.getConnection();
    try (Statement statement = fresh.createStatement()) {
      statement.execute(settings);
      fresh.setAutoCommit(false);
      return fresh;
    } catch (SQLException failure) {
      close(fresh);
      throw failure;
    }
  }

  /** Takes one back whose transaction has ended. */
  synchronized void giveBack(Connection connection) {
    while (!idle.isEmpty() && idle.getFirst().isOld()) {
      close(idle.removeFirst().connection());
    }
    if (isClosed) {
      close(connection);
    } else {
      idle.addLast(new Idle(connection, System.nanoTime()));
    }
  }

  /** Closes one that failed, and those that wait: what happened to it may have happened to them. */
  synchronized void discard(Connection connection) {
    close(connection);
    idle.forEach(each -> close(each.connection()));
    idle.clear();
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException gone) {
      // That is what was wanted.
    }
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    idle.forEach(each -> close(each.connection()));
    idle.clear();
  }
}
