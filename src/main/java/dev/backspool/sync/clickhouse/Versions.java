package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Page;
import dev.backspool.sync.SinkException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Which versions are held already. Versions decide without that which row is seen; to leave out
 * what is there saves the disk a row that comes twice, as events of overlapping ranges do.
 */
final class Versions {
  private final Tables tables;
  private final Connection connection;

  Versions(Tables tables, Connection connection) {
    this.tables = tables;
    this.connection = connection;
  }

  /** The rows of a page that have a higher version than is held. */
  List<Page.Row> higher(Page page) throws SinkException {
    Map<List<Object>, Long> held = held(page.project(), page.mapping(), page.rows());
    return page.rows().stream()
        .filter(row -> {
          Long version = held.get(row.key());
          return version == null || version < row.version();
        })
        .toList();
  }

  private Map<List<Object>, Long> held(UUID project, Mapping mapping, List<Page.Row> rows)
      throws SinkException {
    List<Column> key = mapping.key();
    String names = Tables.names(key.stream().map(Column::name).toList());
    Map<List<Object>, Long> held = new HashMap<>();
    connection.ask(
        "select max(%s), %s from %s where %s = %s and (%s) in (%s) group by %s"
            .formatted(
                Tables.VERSION,
                key.stream().map(Types::readable).collect(Collectors.joining(", ")),
                tables.table(mapping),
                Tables.PROJECT,
                Sql.text(project.toString()),
                names,
                rows.stream().map(row -> literal(key, row)).collect(Collectors.joining(", ")),
                names),
        Connection.LONG,
        row -> {
          List<Object> values = new ArrayList<>();
          for (int i = 0; i < key.size(); i++) {
            values.add(Types.reader(key.get(i)).apply(row.text(i + 2)));
          }
          return held.put(values, row.number(1));
        });
    return held;
  }

  private static String literal(List<Column> key, Page.Row row) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < key.size(); i++) {
      values.add(Types.literal(key.get(i), row.key().get(i)));
    }
    return values.size() == 1 ? values.getFirst() : "(" + String.join(", ", values) + ")";
  }
}
