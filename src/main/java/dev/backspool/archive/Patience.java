package dev.backspool.archive;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long a bucket is waited for.
 *
 * @param connect for a connection
 * @param silence for the next byte
 * @param attempt for the answer to one request, without the time its bytes take
 * @param attempts how often a request is made before it has failed
 * @param pause before the second attempt; doubles from then on, up to 5 s, and is shortened by
 *     chance so that many who failed together do not come back together
 * @param leastRate slower than so many bytes a second, a connection counts as broken
 */
record Patience(
    Duration connect,
    Duration silence,
    Duration attempt,
    int attempts,
    Duration pause,
    long leastRate) {
  static final Patience STANDARD =
      new Patience(
          Duration.ofSeconds(5),
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          4,
          Duration.ofMillis(200),
          256 << 10);

  static final Duration MOST_PAUSE = Duration.ofSeconds(5);

  /** Parts of objects are read for a person who waits, and who can ask again. */
  private static final Duration MOST_READ_ATTEMPT = Duration.ofSeconds(8);

  private static final Duration MOST_READ_CALL = Duration.ofSeconds(20);

  /** How long an attempt to read a part of an object may take until its bytes come. */
  Duration readAttempt() {
    return shorter(attempt, MOST_READ_ATTEMPT);
  }

  /** How long all attempts to read a part may take until its bytes come. */
  Duration readCall() {
    return shorter(call(0), MOST_READ_CALL);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** How long one attempt may take that moves so many bytes. */
  Duration attempt(long bytes) {
    return attempt.plusSeconds(bytes / leastRate);
  }

  /** How long all attempts together may take, with the pauses between them. */
  Duration call(long bytes) {
    return attempt(bytes).plus(MOST_PAUSE).multipliedBy(attempts);
  }

  /**
   * Waits before another attempt.
   *
   * @param failed attempts so far, at least 1
   */
  void pause(int failed) throws ArchiveUnavailable {
    long most = Math.min(pause.toMillis() << Math.min(failed - 1, 20), MOST_PAUSE.toMillis());
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(most + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ArchiveUnavailable("Interrupted while waiting for the archive", e);
    }
  }
}
