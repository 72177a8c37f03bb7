package dev.backspool.recording;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What somebody who reads several parts has learnt of tiers that are away: one that hangs is waited
 * for once, not for each part. One that says no at once is asked for the next part all the same; it
 * may have said it of a single object. One thread at a time.
 */
final class Outages {
  /** Who has waited for so long in vain waits for no other part of the tier. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Map<Boolean, Outage> tiers = new HashMap<>();

  private record Outage(IOException first, long waitedNanos) {}

  /** Asks the archive something. */
  @FunctionalInterface
  interface Question<R> {
    R ask() throws IOException;
  }

  /** Asks about a part, and remembers how long it took in vain. */
  <R> R ask(Part part, Question<R> question) throws IOException {
    long began = System.nanoTime();
    try {
      return question.ask();
    } catch (IOException failure) {
      if (Fault.of(failure) == Fault.UNAVAILABLE) {
        tiers.merge(
            part.cold(),
            new Outage(failure, System.nanoTime() - began),
            (old, more) -> new Outage(old.first, old.waitedNanos + more.waitedNanos));
      }
      throw failure;
    }
  }

  /** Throws what the part's tier said before, when it was waited for long enough. */
  void refuse(Part part) throws IOException {
    Outage outage = tiers.get(part.cold());
    if (outage != null && outage.waitedNanos >= PATIENCE.toNanos()) {
      throw outage.first;
    }
  }
}
