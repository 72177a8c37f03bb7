package dev.backspool.retention;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What PostgreSQL calls a failure. */
final class States {
  private States() {}

  /** Whether a failure has its cause in this SQLSTATE. */
  static boolean is(Throwable failure, String state) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && state.equals(sql.getSQLState())) {
        return true;
      }
    }
    return false;
  }
}
