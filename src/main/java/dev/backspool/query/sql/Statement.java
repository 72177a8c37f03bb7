package dev.backspool.query.sql;

import dev.backspool.sync.Mapping;
import dev.backspool.sync.Mappings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A query as a store is asked it: written anew, word by word, from what the grammar read.
 *
 * @param sql one SELECT over the project's rows of the views
 * @param bound the values that it takes, by their numbers from 1
 */
public record Statement(String sql, List<Bound> bound) {
  /**
   * A value to bind.
   *
   * @param type no list
   * @param value see {@link Type}
   */
  public record Bound(int number, Type type, String value) {}

  /**
   * Reads a query, checks it and writes it for a store.
   *
   * @param text as somebody sent it
   * @param parameters values by name, as JSON has them
   * @param mostRows the statement gives one more at most, so that too many can be told
   * @throws SqlError when it cannot be asked
   * @throws ParameterError when a value does not fit
   */
  public static Statement of(
      String text,
      Map<String, @Nullable Object> parameters,
      Dialect dialect,
      UUID project,
      int mostRows) {
    Query query = Parser.read(text);
    var values = new Values(parameters, dialect);
    String sql = new QueryWriter(dialect, project, values).write(query, mostRows);
    return new Statement(sql, values.bound());
  }

  /** The views that queries can read. */
  public static List<Mapping> views() {
    return Mappings.ALL;
  }

  static Optional<Mapping> view(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return views().stream().filter(view -> view.id().equals(lower)).findFirst();
  }
}
