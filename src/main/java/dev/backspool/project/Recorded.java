package dev.backspool.project;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What a project has recorded so far. Times are when the server received it.
 *
 * @param sources when each contract last brought something, for example {@code stackauth}
 */
public record Recorded(
    long sessions,
    @Nullable Instant firstAt,
    @Nullable Instant lastAt,
    Map<String, Instant> sources) {
  public static final Recorded NOTHING = new Recorded(0, null, null, Map.of());

  static Recorded by(String source, long sessions, Instant first, Instant last) {
    return new Recorded(sessions, first, last, Map.of(source, last));
  }

  /** Both together; each tells of other sources. */
  Recorded plus(Recorded other) {
    var all = new TreeMap<>(sources);
    all.putAll(other.sources);
    return new Recorded(
        sessions + other.sessions,
        of(firstAt, other.firstAt, Instant::isBefore),
        of(lastAt, other.lastAt, Instant::isAfter),
        all);
  }

  private static @Nullable Instant of(
      @Nullable Instant one, @Nullable Instant other, BiPredicate<Instant, Instant> wins) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return wins.test(one, other) ? one : other;
  }
}
