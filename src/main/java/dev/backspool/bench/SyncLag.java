package dev.backspool.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.HdrHistogram.Histogram;

/**
 * How long what was committed takes to be seen in a sink: rows are looked for there again and
 * again, from their commit on.
 */
final class SyncLag {
  /** Looking costs the machine that is measured: more often it would be a good part of its work. */
  private static final Duration LOOK = Duration.ofMillis(50);

  private static final int AT_ONCE = 200;
  private static final long HIGHEST_MICROS = 600_000_000;

  private final Map<String, Long> committed = new ConcurrentHashMap<>();
  private final Histogram micros = new Histogram(HIGHEST_MICROS, 3);

  /** Which of some rows the sink shows. */
  @FunctionalInterface
  interface Sight {
    Set<String> of(Collection<String> ids) throws IOException;
  }

  /** A row is committed now. */
  void committed(String id) {
    committed.put(id, System.nanoTime());
  }

  /** Whether everything was seen that was committed. */
  boolean isEven() {
    return committed.isEmpty();
  }

  /** Looks once. */
  void look(Sight sight) throws IOException, InterruptedException {
    List<String> some =
        committed.entrySet().stream()
            .sorted(Map.Entry.comparingByValue())
            .limit(AT_ONCE)
            .map(Map.Entry::getKey)
            .toList();
    if (!some.isEmpty()) {
      Set<String> seen = sight.of(some);
      long now = System.nanoTime();
      for (String id : seen) {
        Long since = committed.remove(id);
        if (since != null) {
          micros.recordValue(Math.min((now - since) / 1_000, HIGHEST_MICROS));
        }
      }
    }
    Thread.sleep(LOOK);
  }

  /** In milliseconds. */
  double percentile(double percent) {
    return micros.getValueAtPercentile(percent) / 1e3;
  }

  /** The longest, in milliseconds. */
  double longest() {
    return micros.getMaxValue() / 1e3;
  }
}
