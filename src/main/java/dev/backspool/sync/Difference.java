package dev.backspool.sync;

import java.util.List;
import java.util.UUID;

/**
 * A row of which a sink does not hold what PostgreSQL does.
 *
 * @param key the values of its key columns
 */
public record Difference(UUID project, String mapping, Kind kind, List<Object> key) {

  /** In what they differ. */
  public enum Kind {
    /** The sink lacks the row. */
    MISSING,
    /** The sink has a row that is not there. */
    EXTRA,
    /** The row's values are others. */
    ALTERED,
    /** The sink did not take the row as it is: that is known. */
    QUARANTINED
  }
}
