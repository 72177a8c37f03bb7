package dev.backspool.verify;

import dev.backspool.verify.Finding.Place;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What it means that PostgreSQL does not read a table. */
final class Unreadable {
  private static final String UNDEFINED_TABLE = "42P01";

  private Unreadable() {}

  /** The suspicion, when it cannot be read: a page's checksum is wrong, a file is gone. */
  static Optional<Suspicion> of(Throwable failure, Place place) {
    return cause(failure)
        .filter(sql -> isDamage(String.valueOf(sql.getSQLState())))
        .map(sql ->
            Suspicion.of(
                Kind.TABLE_UNREADABLE, place, "PostgreSQL cannot read it: " + sql.getMessage()));
  }

  /** Whether the table was dropped since it was listed: the days that are over are. */
  static boolean isDropped(Throwable failure) {
    return cause(failure).filter(sql -> UNDEFINED_TABLE.equals(sql.getSQLState())).isPresent();
  }

  private static Optional<SQLException> cause(Throwable failure) {
    for (@Nullable Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql) {
        return Optional.of(sql);
      }
    }
    return Optional.empty();
  }

  /** Class XX is an inside of PostgreSQL's that is not as it should be, 58 the system. */
  private static boolean isDamage(String state) {
    return state.startsWith("XX") || state.startsWith("58");
  }
}
