package dev.backspool.sync;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of rows in PostgreSQL when they are copied: a table of every sink. Data; {@link
 * Mappings} has them all.
 *
 * @param id the table's name in the sinks, for example {@code sessions}; never changed
 * @param source whose keys bring its rows along
 * @param revision counts up when a column is added, removed or filled otherwise: the sinks' tables
 *     are changed, and filled again
 * @param key the columns that make a row's key within its project, never without a value
 * @param columns the other columns
 * @param receivedAt the column with the time of receipt, of those whose old rows go by days; null
 *     elsewhere
 * @param query a select with {@code project_id}, key and columns, by name, of all projects;
 *     conditions are added around it
 */
public record Mapping(
    String id,
    Source source,
    int revision,
    List<Column> key,
    List<Column> columns,
    @Nullable String receivedAt,
    String query) {
  public Mapping {
    key = List.copyOf(key);
    columns = List.copyOf(columns);
  }

  /** The key's columns, then the others. */
  public List<Column> all() {
    return Stream.concat(key.stream(), columns.stream()).toList();
  }

  @Override
  public String toString() {
    return id;
  }
}
