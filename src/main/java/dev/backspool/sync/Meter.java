package dev.backspool.sync;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Counts what this node does, since its start. Threads share one. */
public final class Meter implements Watcher {
  /**
   * Upper bounds of the histogram of lags, in seconds; beyond the last there is one more bucket.
   */
  public static final List<Double> LAGS =
      List.of(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0);

  private final Watcher next;
  private final Map<UUID, Counters> counters = new ConcurrentHashMap<>();

  /** Counts, and tells another. */
  Meter(Watcher next) {
    this.next = next;
  }

  private static final class Counters {
    final LongAdder rows = new LongAdder();
    final LongAdder failures = new LongAdder();
    final AtomicLongArray lags = new AtomicLongArray(LAGS.size() + 1);
    final DoubleAdder lagSeconds = new DoubleAdder();
  }

  /**
   * What went to a sink.
   *
   * @param rows of changes and loads
   * @param failures how often it did not do what it was asked
   * @param lags how many pages of changes came within each of {@link #LAGS}, and how many later:
   *     from the beginning of the transaction of their oldest change to when they could be read
   *     there
   * @param lagSeconds the sum of these times
   */
  public record Counts(long rows, long failures, List<Long> lags, double lagSeconds) {}

  /** Of a sink; nothing when this node did nothing there. */
  public Counts of(UUID sink) {
    Counters its = counters.getOrDefault(sink, NOTHING);
    var lags = new Long[LAGS.size() + 1];
    for (int i = 0; i < lags.length; i++) {
      lags[i] = its.lags.get(i);
    }
    return new Counts(its.rows.sum(), its.failures.sum(), List.of(lags), its.lagSeconds.sum());
  }

  private static final Counters NOTHING = new Counters();

  private Counters at(UUID sink) {
    return counters.computeIfAbsent(sink, _ -> new Counters());
  }

  @Override
  public void at(String moment) {
    next.at(moment);
  }

  @Override
  public void delivered(Round.Place place, Mapping mapping, int rows, Instant since) {
    Counters its = at(place.sink());
    its.rows.add(rows);
    double lag = Math.max(0, Duration.between(since, Instant.now()).toNanos() / 1e9);
    int bucket = 0;
    while (bucket < LAGS.size() && lag > LAGS.get(bucket)) {
      bucket++;
    }
    its.lags.incrementAndGet(bucket);
    its.lagSeconds.add(lag);
    next.delivered(place, mapping, rows, since);
  }

  @Override
  public void loaded(Round.Place place, Mapping mapping, int rows) {
    at(place.sink()).rows.add(rows);
    next.loaded(place, mapping, rows);
  }

  @Override
  public void failed(UUID sink) {
    at(sink).failures.increment();
    next.failed(sink);
  }
}
