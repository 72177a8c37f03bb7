package dev.backspool.ingest;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.backspool.postgres.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much each project stored today, for its quota. Read from the database every few seconds and
 * counted on in between, so that nodes together overrun a quota by seconds, not by days.
 */
final class Usage {
  private static final Duration FRESH = Duration.ofSeconds(5);

  private record Day(UUID project, LocalDate day) {}

  private final LoadingCache<Day, AtomicLong> bytes;

  Usage(Database database) {
    bytes =
        Caffeine.newBuilder()
            .expireAfterWrite(FRESH)
            .maximumSize(50_000)
            .build(day -> new AtomicLong(read(database, day)));
  }

  long today(UUID project) {
    return bytes.get(new Day(project, day())).get();
  }

  void add(UUID project, long stored) {
    AtomicLong known = bytes.getIfPresent(new Day(project, day()));
    if (known != null) {
      known.addAndGet(stored);
    }
  }

  static Duration untilTomorrow() {
    Instant midnight = day().plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    return Duration.between(Instant.now(), midnight);
  }

  private static LocalDate day() {
    return LocalDate.now(ZoneOffset.UTC);
  }

  private static long read(Database database, Day day) {
    return database.read(
        day.project(),
        handle ->
            handle
                .createQuery("select raw_bytes from usage where day = :day")
                .bind("day", day.day())
                .mapTo(Long.class)
                .findOne()
                .orElse(0L));
  }
}
