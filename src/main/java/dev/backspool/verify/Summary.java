package dev.backspool.verify;

import java.time.Duration;
import java.util.Map;

/**
 * What was looked at, and what was wrong.
 *
 * @param uploads frames, in PostgreSQL and in the archive
 * @param objects objects of recordings
 * @param listed objects in the archive
 * @param events analytics events
 * @param bytes read and compared with their checksums
 * @param kinds how often each kind was found
 */
public record Summary(
    long sessions,
    long uploads,
    long objects,
    long listed,
    long events,
    long bytes,
    Duration took,
    Map<Kind, Count> kinds) {
  /** Findings of a kind. */
  public record Count(long found, long repaired) {}

  /** Whether nothing is wrong, any more or at all. */
  public boolean clean() {
    return kinds.values().stream().allMatch(count -> count.found() == count.repaired());
  }
}
