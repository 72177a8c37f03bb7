package dev.backspool.postgres;

import com.zaxxer.hikari.pool.HikariPool;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The database did not answer: nothing is known to be wrong with the request, and the same request
 * may succeed later. The edge answers 503. A transaction that ended this way may have committed.
 */
public final class DatabaseUnavailable extends RuntimeException {
  public DatabaseUnavailable(Throwable cause) {
    super("The database is unavailable: " + cause.getMessage(), cause);
  }

  /** Whether a failure means that the server is away, starting, stopping or full. */
  public static boolean isCauseOf(Throwable failure) {
    for (@Nullable Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLTransientConnectionException
          || at instanceof HikariPool.PoolInitializationException
          || (at instanceof SQLException sql && meansAway(sql.getSQLState()))) {
        return true;
      }
    }
    return false;
  }

  /** The same failure, as this exception when it is one of its causes. */
  public static RuntimeException translate(RuntimeException failure) {
    return failure instanceof DatabaseUnavailable || !isCauseOf(failure)
        ? failure
        : new DatabaseUnavailable(failure);
  }

  /**
   * Class 08 is the connection, 53 is resources (a full disk, too many connections), 58 the system
   * (a failing disk), 57P01 to 57P05 the server's state, 57014 and 55P03 time that ran out, 25006 a
   * server that only reads, such as a replica.
   */
  private static boolean meansAway(@Nullable String state) {
    return state != null
        && (Stream.of("08", "53", "57P0", "58").anyMatch(state::startsWith)
            || Set.of("57014", "55P03", "25006").contains(state));
  }
}
