package dev.backspool.sync;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How the sync goes about it. Threads share one. */
public final class Settings {
  private static final int LEAST_ROWS = 20;
  private static final int STANDARD_ROWS = 20_000;

  /** Before any was read: the first page is to fit into memory whatever they are like. */
  private static final int LIKELY_ROW_BYTES = 4_000;

  /**
   * A page of a load, where the sink takes such: what a page costs by itself counts for less. Two
   * are held at a time, and each takes about twice that much memory.
   */
  static final long LOAD_BYTES =
      Math.clamp(Runtime.getRuntime().maxMemory() / 32, 8L << 20, 64L << 20);

  private final int workers;
  private final Duration poll;
  private final Duration lease;
  private final Duration firstPause;
  private final Duration longestPause;
  private final Duration keepDeleted;
  private final int mostRows;
  private final int pageBytes;
  private final Map<String, Double> rowBytes = new ConcurrentHashMap<>();

  private Settings(
      int workers,
      Duration poll,
      Duration lease,
      Duration firstPause,
      Duration longestPause,
      Duration keepDeleted,
      int mostRows,
      int pageBytes) {
    this.workers = workers;
    this.poll = poll;
    this.lease = lease;
    this.firstPause = firstPause;
    this.longestPause = longestPause;
    this.keepDeleted = keepDeleted;
    this.mostRows = mostRows;
    this.pageBytes = pageBytes;
  }

  /** What suits a server. */
  public static Settings standard() {
    return new Settings(
        4,
        Duration.ofSeconds(5),
        Duration.ofMinutes(1),
        Duration.ofSeconds(1),
        Duration.ofMinutes(1),
        Duration.ofDays(7),
        STANDARD_ROWS,
        8 << 20);
  }

  /** With everything in a hurry. */
  Settings hasty(int workers) {
    return new Settings(
        workers,
        Duration.ofMillis(200),
        Duration.ofSeconds(3),
        Duration.ofMillis(50),
        Duration.ofMillis(400),
        keepDeleted,
        mostRows,
        pageBytes);
  }

  /** With pages of so many rows at most. */
  Settings paged(int rows) {
    return new Settings(
        workers, poll, lease, firstPause, longestPause, keepDeleted, rows, pageBytes);
  }

  /** How many threads bring pages to sinks. */
  int workers() {
    return workers;
  }

  /** How often to look for changes that nobody told of, about. */
  Duration poll() {
    return poll;
  }

  /** After which another node goes on in the place of one that says nothing any more. */
  Duration lease() {
    return lease;
  }

  /** How long a sink is left alone after it failed so many times in a row, but for the jitter. */
  Duration pause(int failures) {
    Duration pause = firstPause.multipliedBy(1L << Math.min(failures - 1, 16));
    return pause.compareTo(longestPause) < 0 ? pause : longestPause;
  }

  /** How long the keys of deleted rows are kept after all sinks have passed them. */
  Duration keepDeleted() {
    return keepDeleted;
  }

  /** How many rows make a page: as many as are likely to have the size of one. */
  int pageRows(Mapping mapping) {
    double bytes = rowBytes.getOrDefault(mapping.id(), (double) LIKELY_ROW_BYTES);
    return Math.clamp(
        (long) (pageBytes / Math.max(bytes, 1)), Math.min(LEAST_ROWS, mostRows), mostRows);
  }

  /**
   * How many rows make a page of a load.
   *
   * @param most how many the sink takes
   */
  int loadRows(Mapping mapping, int most) {
    if (mostRows < STANDARD_ROWS) {
      return pageRows(mapping);
    }
    double bytes = rowBytes.getOrDefault(mapping.id(), (double) LIKELY_ROW_BYTES);
    return Math.clamp((long) (LOAD_BYTES / Math.max(bytes, 1)), LEAST_ROWS, most);
  }

  /** Learns from a page how large rows are: at once when they are larger, slowly when smaller. */
  void note(Mapping mapping, int rows, long bytes) {
    if (rows > 0) {
      double mean = (double) bytes / rows;
      rowBytes.merge(
          mapping.id(), mean, (known, now) -> now > known ? now : known * 0.9 + now * 0.1);
    }
  }
}
