package dev.backspool.postgres;

import org.jspecify.annotations.Nullable;

/**
 * The database cannot be used from the start: wrong platform, held data directory, unreachable or
 * too old server. The message is a sentence for the operator and holds no password.
 */
public final class PostgresStartException extends RuntimeException {
  PostgresStartException(String message) {
    super(message);
  }

  PostgresStartException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
