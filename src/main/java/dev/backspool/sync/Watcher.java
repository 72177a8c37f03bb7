package dev.backspool.sync;

import java.time.Instant;
import java.util.UUID;

/** Is told what happens. */
interface Watcher {
  /** A moment at which a crash leaves something half done; a test may throw. */
  default void at(String moment) {}

  /**
   * Rows have become visible in a sink.
   *
   * @param since when the transaction of the first of them began
   */
  default void delivered(Round.Place place, Mapping mapping, int rows, Instant since) {}

  /** Rows of a full load have become visible in a sink. */
  default void loaded(Round.Place place, Mapping mapping, int rows) {}

  /** A sink did not do what it was asked. */
  default void failed(UUID sink) {}
}
