package dev.backspool.sync;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with the copies of a project.
 *
 * @param isPaused of each stage, whether it is paused everywhere: {@code tail}, {@code load},
 *     {@code tidy}
 */
public record SyncStatus(Map<String, Boolean> isPaused, List<OfSink> sinks) {

  /**
   * One sink.
   *
   * @param failures how often in a row it did not do what it was asked
   * @param error the last time what; null when it works
   * @param retryAt when it is tried again; null when it works
   */
  public record OfSink(
      UUID id,
      @Nullable UUID project,
      String kind,
      String name,
      boolean isPaused,
      boolean isRequired,
      int failures,
      @Nullable String error,
      SinkException.@Nullable Kind errorKind,
      @Nullable Instant errorAt,
      @Nullable Instant retryAt,
      List<OfMapping> mappings) {}

  /** What a sink does with a mapping. */
  public enum State {
    /** Nothing yet: it never got so far. */
    NEW,
    /** All rows are being read, and changes follow. */
    LOADING,
    /** Changes follow. */
    LIVE,
    /** Nothing any more until a resync. */
    STOPPED
  }

  /**
   * One mapping at one sink.
   *
   * @param behind how many rows it lacks
   * @param isExact whether that was counted, and not estimated because it is so many
   * @param oldest when the oldest change that it lacks was made; null when it lacks none, or only
   *     what a load has yet to bring
   * @param delivered rows that went there, ever
   * @param deliveredAt when the last of them did
   * @param quarantined rows that it does not take
   * @param reason why it is stopped
   */
  public record OfMapping(
      String mapping,
      State state,
      long behind,
      boolean isExact,
      @Nullable Instant oldest,
      long delivered,
      @Nullable Instant deliveredAt,
      long quarantined,
      @Nullable String reason) {}

  /**
   * A row that a sink does not take.
   *
   * @param key the values of its key columns
   */
  public record Quarantined(
      UUID sink, String mapping, List<Object> key, String reason, Instant since) {}
}
