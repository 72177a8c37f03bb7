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
   * In a ClickHouse.
   *
   * @param address {@code clickhouse:http…}, with a password perhaps
   */
  record Server(String address) implements AnalyticsUrl {
    /** Without the address. */
    @Override
    public String toString() {
      return "Server[]";
    }
  }

  /**
   * Reads {@code off}, {@code duckdb:/a/file} or {@code clickhouse:http…}, whose rest is not looked
   * at.
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
    if (text.startsWith("clickhouse:")) {
      return new Server(text);
    }
    throw new IllegalArgumentException(
        "must be duckdb:/a/file, clickhouse:http://user:password@host:8123/database or off");
  }
}
