package dev.backspool.transfer;

import dev.backspool.postgres.Database;

/**
 * Numbers that come with a file keep to themselves: the database's own go on far behind them, so
 * that no frame and no event gets one that was given before.
 */
final class Sequences {
  /** What every reader of JSON still takes for a whole number. */
  static final long MOST = 1L << 52;

  /** More than all that are given out while the sequence is moved. */
  private static final long MARGIN = 1_000_000;

  private Sequences() {}

  /** Has frames numbered behind this one from now on. */
  static void framesAbove(Database database, long number) {
    above(database, "chunk_id", number);
  }

  /** Has events numbered behind this one from now on. */
  static void eventsAbove(Database database, long number) {
    above(database, "event_id", number);
  }

  private static void above(Database database, String sequence, long number) {
    if (last(database, sequence) > number) {
      return;
    }
    database.own(handle -> {
      // One at a time, or the one who comes later could move it back.
      handle
          .createQuery("select pg_advisory_xact_lock(hashtextextended(:what, 0))")
          .bind("what", "move " + sequence)
          .mapTo(String.class)
          .list();
      return handle
          .createQuery(
              "select setval('%1$s', :to) from %1$s where last_value <= :number"
                  .formatted(sequence))
          .bind("number", number)
          .bind("to", number + MARGIN)
          .mapTo(Long.class)
          .findOne();
    });
  }

  private static long last(Database database, String sequence) {
    return database.write(
        handle -> handle.createQuery("select last_value from " + sequence).mapTo(Long.class).one());
  }
}
