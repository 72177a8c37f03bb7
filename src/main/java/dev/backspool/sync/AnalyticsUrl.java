package dev.backspool.sync;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Where copies of rows and events are held for analysis. */
public sealed interface AnalyticsUrl {
  /** Nowhere. */
  record Off() implements AnalyticsUrl {}

  /** In a DuckDB file of this machine. */
  record File(Path path) implements AnalyticsUrl {}

  /**
   * Reads {@code off} or {@code duckdb:/a/file}.
   *
   * @throws IllegalArgumentException saying what it must be, without repeating it
   */
  static AnalyticsUrl parse(String text) {
    if (text.equals("off")) {
      return new Off();
    }
    if (text.startsWith("duckdb:") && text.length() > "duckdb:".length()) {
      try {
        return new File(Path.of(text.substring("duckdb:".length())).toAbsolutePath().normalize());
      } catch (InvalidPathException e) {
        throw new IllegalArgumentException("names a file that cannot be", e);
      }
    }
    throw new IllegalArgumentException("must be duckdb:/a/file or off");
  }
}
