package dev.backspool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Ends a wait for a server in which nothing moves any more. One thread at a time. */
final class Stall {
  /** Longer than a server pauses after a failure, and than the longest session takes. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Path log;
  private long before = -1;
  private long movedAt = System.nanoTime();

  /**
   * Begins to wait.
   *
   * @param log of the server, which says why
   */
  Stall(Path log) {
    this.log = log;
  }

  /**
   * Looks how far it is.
   *
   * @throws IOException when it is where it was, for too long
   */
  void look(long count) throws IOException {
    long now = System.nanoTime();
    if (count != before) {
      before = count;
      movedAt = now;
    } else if (now - movedAt > PATIENCE.toNanos()) {
      throw new IOException(
          "nothing moves any more for %s: %s".formatted(PATIENCE, Files.readString(log)));
    }
  }
}
