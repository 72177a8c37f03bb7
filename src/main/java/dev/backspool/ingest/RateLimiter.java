package dev.backspool.ingest;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * A token bucket for each key: a minute's worth may come at once, then the rate holds. Per process;
 * behind a load balancer each node allows its own share.
 *
 * @param <K> what is limited, for example a write key
 */
public final class RateLimiter<K> {
  private final LongSupplier nanos;
  private final Cache<K, Bucket> buckets =
      Caffeine.newBuilder().expireAfterAccess(Duration.ofMinutes(2)).maximumSize(100_000).build();

  public RateLimiter() {
    this(System::nanoTime);
  }

  RateLimiter(LongSupplier nanos) {
    this.nanos = nanos;
  }

  private static final class Bucket {
    private double tokens;
    private long filledAt;

    Bucket(double tokens, long now) {
      this.tokens = tokens;
      this.filledAt = now;
    }
  }

  /**
   * Takes one token.
   *
   * @param perMinute the rate in force for this key now
   * @return empty when taken, else how long until there is one
   */
  public Optional<Duration> take(K key, int perMinute) {
    long now = nanos.getAsLong();
    Bucket bucket = buckets.get(key, _ -> new Bucket(perMinute, now));
    double perNano = perMinute / 60e9;
    synchronized (bucket) {
      bucket.tokens = Math.min(perMinute, bucket.tokens + (now - bucket.filledAt) * perNano);
      bucket.filledAt = now;
      if (bucket.tokens >= 1) {
        bucket.tokens--;
        return Optional.empty();
      }
      return Optional.of(Duration.ofNanos((long) ((1 - bucket.tokens) / perNano)));
    }
  }
}
