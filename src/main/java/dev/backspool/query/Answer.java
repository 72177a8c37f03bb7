package dev.backspool.query;

import java.time.Duration;
import java.util.List;

/**
 * What was found.
 *
 * @param queryId what the store calls the query
 * @param rows a JSON array of objects
 * @param count of the rows
 * @param took from the first word to the last row
 */
public record Answer(String queryId, List<Column> columns, byte[] rows, int count, Duration took) {
  /**
   * A column of an answer.
   *
   * @param type as the store calls it
   */
  public record Column(String name, String type) {}
}
