package dev.backspool.erasure;

import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Waits for transactions that began before. They are known by the locks they hold until their end:
 * a transaction that only reads, such as a long dump, is not waited for, nor is another database's.
 */
final class Elders {
  /** Longer than any of our own writers takes, but for one that hangs. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long FIRST_PAUSE_MS = 2;
  private static final long LONGEST_PAUSE_MS = 100;

  private final Database database;
  private volatile boolean closed;

  Elders(Database database) {
    this.database = database;
  }

  private enum Sort {
    /** Writers that may have looked for tombstones before there were these. */
    LOOKING("relation = 'tombstone'::regclass and mode = 'RowShareLock'"),

    /** All that may have written rows which nobody else sees yet. */
    WRITING(
        """
        mode = 'RowExclusiveLock' and exists (
          select from pg_class
          where oid = relation and relkind in ('r', 'p')
            and relnamespace = (
              select relnamespace from pg_class where oid = 'tombstone'::regclass))
        """);

    private final String locks;

    Sort(String locks) {
      this.locks = locks;
    }
  }

  /**
   * Waits for the writers that may have looked for tombstones before now.
   *
   * @throws StillGoingOn when one of them does not end
   */
  void awaitLooking() {
    await(Sort.LOOKING);
  }

  /**
   * Waits for all that have written before now, whatever it was.
   *
   * @throws StillGoingOn when one of them does not end
   */
  void awaitWriting() {
    await(Sort.WRITING);
  }

  private void await(Sort sort) {
    long givenUpAt = System.nanoTime() + PATIENCE.toNanos();
    List<String> elders = holders(sort);
    for (long pause = FIRST_PAUSE_MS;
        !elders.isEmpty();
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (closed || System.nanoTime() > givenUpAt) {
        throw new StillGoingOn(
            closed
                ? "The server is stopping; the erasure goes on when it starts"
                : "Something that is being written does not end; the erasure goes on when it has");
      }
      sleep(pause);
      var alive = new ArrayList<>(elders);
      alive.retainAll(holders(sort));
      elders = alive;
    }
  }

  private static void sleep(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StillGoingOn("The server is stopping; the erasure goes on when it starts");
    }
  }

  private List<String> holders(Sort sort) {
    return Transaction.run(database, connection -> holders(connection, sort));
  }

  private static List<String> holders(Connection connection, Sort sort) throws SQLException {
    try (var statement =
            connection.prepareStatement(
                """
                select distinct virtualtransaction
                from pg_locks
                where locktype = 'relation' and granted
                  and database = (select oid from pg_database where datname = current_database())
                  and pid is distinct from pg_backend_pid()
                  and %s
                """
                    .formatted(sort.locks));
        ResultSet rows = statement.executeQuery()) {
      var holders = new ArrayList<String>();
      while (rows.next()) {
        holders.add(rows.getString(1));
      }
      return holders;
    }
  }

  /** Ends all waiting. */
  void close() {
    closed = true;
  }
}
