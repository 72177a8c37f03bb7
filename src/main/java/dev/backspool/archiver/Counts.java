package dev.backspool.archiver;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What this process has done since its start, and what waited when it last looked. */
public final class Counts {
  private final LongAdder archived = new LongAdder();
  private final LongAdder merged = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder chunkBytes = new LongAdder();
  private final LongAdder deleted = new LongAdder();
  private final LongAdder undeleted = new LongAdder();
  private final Map<Trouble, LongAdder> failures = new EnumMap<>(Trouble.class);
  private volatile Waiting waiting = new Waiting(0, null);

  Counts() {
    for (Trouble trouble : Trouble.values()) {
      failures.put(trouble, new LongAdder());
    }
  }

  /**
   * Sessions that have been idle for long enough and are not archived yet.
   *
   * @param oldestAt when the first of their uploads came; null when there are none
   */
  public record Waiting(long sessions, @Nullable Instant oldestAt) {}

  void archived(long objectBytes, long ofChunkBytes) {
    archived.increment();
    bytes.add(objectBytes);
    chunkBytes.add(ofChunkBytes);
  }

  void merged(long objectBytes) {
    merged.increment();
    bytes.add(objectBytes);
  }

  void failed(Trouble trouble) {
    LongAdder counter = failures.get(trouble);
    if (counter != null) {
      counter.increment();
    }
  }

  void deleted(int objects) {
    deleted.add(objects);
  }

  void undeleted(int objects) {
    undeleted.add(objects);
  }

  void waiting(Waiting now) {
    waiting = now;
  }

  /** Objects made of uploads. */
  public long archived() {
    return archived.sum();
  }

  /** Objects made of several older ones. */
  public long merged() {
    return merged.sum();
  }

  /** Size of all objects made. */
  public long bytes() {
    return bytes.sum();
  }

  /** Size that the archived uploads had in PostgreSQL. */
  public long chunkBytes() {
    return chunkBytes.sum();
  }

  /** Objects that the archive was rid of. */
  public long deleted() {
    return deleted.sum();
  }

  /** Deletions that failed and are tried again. */
  public long undeleted() {
    return undeleted.sum();
  }

  /** Tries that made no object, or left an upload out of it. */
  public long failures(Trouble trouble) {
    LongAdder counter = failures.get(trouble);
    return counter == null ? 0 : counter.sum();
  }

  /** What waits, as of the last look some seconds ago. */
  public Waiting waiting() {
    return waiting;
  }
}
