package dev.backspool.sync;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How fast rows go to sinks: what was delivered at each look, for some looks back. Whoever brings
 * them there notes nothing for it, and it counts what all nodes bring. Threads share one.
 */
final class Throughput {
  private static final long WINDOW = Duration.ofSeconds(20).toNanos();
  private static final long APART = Duration.ofSeconds(1).toNanos();
  private static final long FORGET = Duration.ofMinutes(1).toNanos();

  private final Map<Place, Deque<Sample>> samples = new HashMap<>();

  record Place(UUID sink, UUID project, String mapping) {}

  private record Sample(long at, long delivered) {}

  /**
   * Notes what was delivered by now.
   *
   * @return rows a second since the first look of the last seconds; null when this is the first
   */
  synchronized @Nullable Double seen(Place place, long delivered) {
    return seen(place, delivered, System.nanoTime());
  }

  synchronized @Nullable Double seen(Place place, long delivered, long now) {
    Deque<Sample> known = samples.computeIfAbsent(place, _ -> new ArrayDeque<>());
    if (!known.isEmpty() && now - known.getLast().at() > FORGET) {
      known.clear();
    }
    // Two stay however old: who looks seldom is told of the time between.
    while (known.size() > 2 && now - known.getFirst().at() > WINDOW) {
      known.removeFirst();
    }
    if (known.isEmpty() || now - known.getLast().at() >= APART) {
      known.addLast(new Sample(now, delivered));
    }
    Sample first = known.getFirst();
    return now - first.at() < APART
        ? null
        : (Double) (Math.max(0, delivered - first.delivered()) / ((now - first.at()) / 1e9));
  }

  /** Forgets places that nobody looked at any more. */
  synchronized void forget() {
    long now = System.nanoTime();
    samples.values().removeIf(known -> now - known.getLast().at() > FORGET);
  }
}
