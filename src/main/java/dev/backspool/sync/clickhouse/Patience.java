package dev.backspool.sync.clickhouse;

import java.time.Duration;

/**
 * How long a server is waited for.
 *
 * @param connect for a connection
 * @param silence for the next byte
 * @param statement for all of a statement
 * @param change for a change of what is stored already, which rewrites files
 */
record Patience(Duration connect, Duration silence, Duration statement, Duration change) {
  static final Patience STANDARD =
      new Patience(
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofMinutes(30));
}
