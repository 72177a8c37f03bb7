package dev.backspool.sync;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with copies, in one scope: every number in it is of the same rows, at one moment.
 *
 * @param project whose copies it tells of; null is all projects
 */
public record SyncStatus(
    Instant at, @Nullable UUID project, List<OfStage> stages, List<OfSink> sinks) {

  /** Whether a stage is paused everywhere: {@code tail}, {@code load}, {@code tidy}. */
  public boolean isPaused(String stage) {
    return stages.stream().anyMatch(each -> each.stage().equals(stage) && each.isPaused());
  }

  /** Everything that all its sinks lack. */
  public Behind behind() {
    return sinks.stream().map(OfSink::behind).reduce(Behind.NOTHING, Behind::plus);
  }

  /**
   * What is missing somewhere.
   *
   * @param rows how many rows
   * @param isExact whether they were counted; otherwise they are about so many, because they are
   *     many
   * @param oldest when the oldest change among them was made; null where there is none, or only
   *     what a load has yet to bring
   */
  public record Behind(long rows, boolean isExact, @Nullable Instant oldest) {
    public static final Behind NOTHING = new Behind(0, true, null);

    /** Both together. */
    public Behind plus(Behind other) {
      return new Behind(
          rows + other.rows,
          isExact && other.isExact,
          either(oldest, other.oldest, BinaryOperator.minBy(Comparator.naturalOrder())));
    }
  }

  /**
   * A part of the work, which can be paused everywhere at once.
   *
   * @param stage {@code tail} follows changes, {@code load} brings all rows, {@code tidy} lets go
   *     of what is not needed any more
   * @param behind what waits for it
   */
  public record OfStage(String stage, boolean isPaused, Behind behind) {}

  /**
   * One sink.
   *
   * @param address where it is; null where that is nobody's business or no address
   * @param failures how often in a row it did not do what it was asked
   * @param error the last time what; null when it works
   * @param retryAt when it is tried again; null when it works
   * @param mappings each of them, over all projects of the scope
   * @param projectsBehind how many projects of the scope it lacks something of
   * @param projects those furthest behind or in trouble, where the scope is all projects
   */
  public record OfSink(
      UUID id,
      @Nullable UUID project,
      String kind,
      String name,
      @Nullable Whereabouts address,
      boolean isPaused,
      boolean isRequired,
      Instant createdAt,
      int failures,
      @Nullable String error,
      SinkException.@Nullable Kind errorKind,
      @Nullable Instant errorAt,
      @Nullable Instant retryAt,
      List<OfMapping> mappings,
      int projectsBehind,
      List<OfProject> projects) {

    /** Everything that it lacks. */
    public Behind behind() {
      return mappings.stream().map(OfMapping::lacks).reduce(Behind.NOTHING, Behind::plus);
    }

    /** All of its mappings in one. */
    public OfMapping all() {
      return mappings.stream().reduce(OfMapping::plus).orElse(OfMapping.nothing(""));
    }
  }

  /** What a sink does with a mapping; of several together, the one that wants most attention. */
  public enum State {
    /** Changes follow. */
    LIVE,
    /** All rows are being read, and changes follow. */
    LOADING,
    /** Nothing yet: it never got so far. */
    NEW,
    /** Nothing any more until a resync. */
    STOPPED
  }

  /**
   * One mapping at one sink.
   *
   * @param changes the changes that it lacks
   * @param unloaded rows that a load has yet to bring, or all of them when none has begun
   * @param delivered rows that went there, ever
   * @param deliveredAt when the last of them did
   * @param quarantined rows that it does not take
   * @param rowsPerSecond how fast rows went there, over the last seconds in which somebody looked;
   *     null at the first look
   * @param reason why it is stopped, or why it does not get on at the moment
   */
  public record OfMapping(
      String mapping,
      State state,
      Behind changes,
      Behind unloaded,
      long delivered,
      @Nullable Instant deliveredAt,
      long quarantined,
      @Nullable Double rowsPerSecond,
      @Nullable String reason) {

    static OfMapping nothing(String mapping) {
      return new OfMapping(
          mapping, State.LIVE, Behind.NOTHING, Behind.NOTHING, 0, null, 0, null, null);
    }

    /** Everything that it lacks. */
    public Behind lacks() {
      return changes.plus(unloaded);
    }

    /** How many rows it lacks. */
    public long behind() {
      return lacks().rows();
    }

    /** Whether that was counted. */
    public boolean isExact() {
      return lacks().isExact();
    }

    /** When the oldest change that it lacks was made. */
    public @Nullable Instant oldest() {
      return changes.oldest();
    }

    /** Both together, under the name of this one. */
    OfMapping plus(OfMapping other) {
      return new OfMapping(
          mapping,
          state.compareTo(other.state) >= 0 ? state : other.state,
          changes.plus(other.changes),
          unloaded.plus(other.unloaded),
          delivered + other.delivered,
          either(
              deliveredAt,
              other.deliveredAt,
              BinaryOperator.maxBy(Comparator.<Instant>naturalOrder())),
          quarantined + other.quarantined,
          either(rowsPerSecond, other.rowsPerSecond, Double::sum),
          either(reason, other.reason, (one, _) -> one));
    }
  }

  /** One project at one sink, over all mappings. */
  public record OfProject(UUID project, String name, OfMapping all) {}

  /**
   * A row that a sink does not take.
   *
   * @param key the values of its key columns
   */
  public record Quarantined(
      UUID sink, String mapping, List<Object> key, String reason, Instant since) {}

  /** Both joined, or the one that is there. */
  private static <T> @Nullable T either(
      @Nullable T one, @Nullable T other, BinaryOperator<T> joined) {
    return Stream.of(one, other).filter(Objects::nonNull).reduce(joined).orElse(null);
  }
}
