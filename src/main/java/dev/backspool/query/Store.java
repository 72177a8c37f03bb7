package dev.backspool.query;

import dev.backspool.query.sql.Dialect;
import dev.backspool.query.sql.Statement;
import java.time.Duration;
import java.util.UUID;

/** Where queries are asked. For any number of threads. */
public interface Store {
  /** Its name for people, for example {@code duckdb}. */
  String name();

  /** How it wants them written. */
  Dialect dialect();

  /**
   * Makes ready to ask; nothing is asked yet.
   *
   * @param queryId what to call the query where the store has names for them
   * @param most how long the store may work at it
   */
  Asked ask(Statement statement, UUID project, String queryId, Duration most);

  /** A query on its way. */
  interface Asked {
    /**
     * Asks and reads, once.
     *
     * @throws QueryFailure when it fails; after {@link #cancel} with any kind
     */
    void read(Rows rows);

    /**
     * Ends the work on the store, from another thread, at any time. It waits a few seconds at most
     * until the store has heard it, and not for the end of the work.
     */
    void cancel();
  }
}
