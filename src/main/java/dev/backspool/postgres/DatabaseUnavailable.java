package dev.backspool.postgres;

import com.zaxxer.hikari.pool.HikariPool;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
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

  /** Class 08 is the connection, 57P01 to 57P05 the server's state, 53300 too many connections. */
  private static boolean meansAway(@Nullable String state) {
    return state != null
        && (state.startsWith("08") || state.startsWith("57P0") || state.equals("53300"));
  }
}
