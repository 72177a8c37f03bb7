package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Mapping;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes the tables what the mappings say, and finds out when somebody made them otherwise. */
final class Schema {
  private final ClickHouseUrl url;
  private final Tables tables;
  private final Connection connection;
  private final Patience patience;
  private final Loads loads;

  Schema(ClickHouseUrl url, Tables tables, Connection connection, Patience patience, Loads loads) {
    this.url = url;
    this.tables = tables;
    this.connection = connection;
    this.patience = patience;
    this.loads = loads;
  }

  /** A table or view that is there. */
  private record Found(String engine, String sortingKey, String comment) {
    boolean isView() {
      return engine.equals("View");
    }

    boolean isOurs() {
      return engine.endsWith("ReplacingMergeTree") && comment.equals(Tables.COMMENT);
    }
  }

  /**
   * Makes what is missing and changes what is otherwise. Nothing is touched that is not ours; what
   * is ours can be filled again, so it is dropped where it cannot be changed.
   *
   * @return ids of the mappings whose table or a column of it was made or changed
   */
  Set<String> prepare(List<Mapping> mappings) throws SinkException {
    checkCluster();
    if (connection
        .ask(
            "select name from system.databases where name = " + Sql.text(url.database()),
            row -> row.text(1))
        .isEmpty()) {
      change(tables.createDatabase());
    }
    Map<String, Found> found = found(mappings);
    for (Mapping mapping : mappings) {
      checkNames(mapping, found);
    }
    Map<String, Map<String, String>> columns = columns(mappings);
    Set<String> changed = new HashSet<>();
    change(tables.createFloor());
    change(tables.createLoad());
    for (Mapping mapping : mappings) {
      Found table = found.get(tables.tableName(mapping));
      Map<String, String> there = columns.getOrDefault(tables.tableName(mapping), Map.of());
      boolean isWhole = table != null && isWhole(mapping, table, there);
      boolean isOther = !isWhole || !otherwise(mapping, there).isEmpty();
      if (isOther) {
        // First: whoever dies after this does not take what is to be filled for what is full.
        loads.forget(mapping);
        changed.add(mapping.id());
      }
      if (table != null && !isWhole) {
        change(tables.dropTable(mapping));
      }
      if (!isWhole) {
        change(tables.createTable(mapping));
      } else if (isOther) {
        mend(mapping, there);
      }
      if (isOther || !shows(columns.getOrDefault(mapping.id(), Map.of()), mapping, there)) {
        change(tables.createView(mapping));
      }
    }
    return changed;
  }

  /** Whether rows can be told apart and told older from newer; else nothing there is of use. */
  private boolean isWhole(Mapping mapping, Found table, Map<String, String> there) {
    Map<String, String> columns = tables.columns(mapping);
    return table.sortingKey().replace("`", "").equals(tables.sortingKey(mapping))
        && Stream.concat(tables.order(mapping).stream(), Stream.of(Tables.VERSION, Tables.DELETED))
            .allMatch(name -> Objects.equals(columns.get(name), there.get(name)));
  }

  /** Whether a view shows all there is to; one that a newer program made shows more. */
  private boolean shows(Map<String, String> view, Mapping mapping, Map<String, String> table) {
    return view.keySet().containsAll(tables.shown(mapping))
        && table.keySet().containsAll(view.keySet());
  }

  private void checkCluster() throws SinkException {
    String cluster = url.cluster();
    if (cluster == null) {
      return;
    }
    long shards =
        connection
            .ask(
                "select uniqExact(shard_num) from system.clusters where cluster = "
                    + Sql.text(cluster),
                row -> row.number(1))
            .getFirst();
    if (shards != 1) {
      throw refused(
          shards == 0
              ? "%s knows no cluster %s".formatted(url, cluster)
              : "The cluster %s of %s has %d shards; a table must be whole on every server"
                  .formatted(cluster, url, shards));
    }
  }

  private Map<String, Found> found(List<Mapping> mappings) throws SinkException {
    Map<String, Found> found = new HashMap<>();
    connection.ask(
        """
        select name, engine, sorting_key, comment from system.tables
        where database = %s and name in (%s)
        """
            .formatted(Sql.text(url.database()), names(mappings)),
        row -> found.put(row.text(1), new Found(row.text(2), row.text(3), row.text(4))));
    return found;
  }

  /** Of each table the types of its columns, by name. */
  private Map<String, Map<String, String>> columns(List<Mapping> mappings) throws SinkException {
    Map<String, Map<String, String>> columns = new HashMap<>();
    connection.ask(
        "select table, name, type from system.columns where database = %s and table in (%s)"
            .formatted(Sql.text(url.database()), names(mappings)),
        row ->
            columns
                .computeIfAbsent(row.text(1), table -> new HashMap<>())
                .put(row.text(2), row.text(3)));
    return columns;
  }

  private String names(List<Mapping> mappings) {
    return Stream.concat(
            Stream.of(Tables.FLOOR, Tables.LOAD),
            mappings.stream()
                .flatMap(mapping -> Stream.of(mapping.id(), tables.tableName(mapping))))
        .map(Sql::text)
        .collect(Collectors.joining(", "));
  }

  private void checkNames(Mapping mapping, Map<String, Found> found) throws SinkException {
    Found view = found.get(mapping.id());
    if (view != null && !view.isView()) {
      throw refused("%s has a table %s of somebody else".formatted(url, mapping.id()));
    }
    Found table = found.get(tables.tableName(mapping));
    if (table != null && !table.isOurs()) {
      throw refused("%s has a table %s of somebody else".formatted(url, tables.tableName(mapping)));
    }
  }

  /** Adds columns that are missing or of another type. */
  private void mend(Mapping mapping, Map<String, String> there) throws SinkException {
    for (Map.Entry<String, String> column : tables.columns(mapping).entrySet()) {
      String type = there.get(column.getKey());
      if (type == null) {
        change(tables.addColumn(mapping, column.getKey()));
      } else if (!type.equals(column.getValue())) {
        change(tables.dropColumn(mapping, column.getKey()));
        change(tables.addColumn(mapping, column.getKey()));
      }
    }
  }

  /** Names of the columns that are missing or of another type. */
  private List<String> otherwise(Mapping mapping, Map<String, String> there) {
    return tables.columns(mapping).entrySet().stream()
        .filter(column -> !Objects.equals(there.get(column.getKey()), column.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * Looks whether a table is what was made.
   *
   * @throws SinkException as a drift when it is not
   */
  void check(Mapping mapping) throws SinkException {
    Map<String, String> there =
        columns(List.of(mapping)).getOrDefault(tables.tableName(mapping), Map.of());
    List<String> otherwise = otherwise(mapping, there);
    if (!otherwise.isEmpty()) {
      throw new SinkException(
          Kind.SCHEMA_DRIFT,
          "The table %s of %s was changed: %s"
              .formatted(tables.tableName(mapping), url, String.join(", ", otherwise)),
          null);
    }
  }

  private void change(String sql) throws SinkException {
    connection.run(
        sql,
        url.cluster() == null
            ? Map.of()
            // A server that is away takes the change from the queue when it comes back.
            : Map.of(
                "distributed_ddl_output_mode", "null_status_on_timeout",
                "distributed_ddl_task_timeout", "60"),
        patience.change());
  }

  private static SinkException refused(String message) {
    return new SinkException(Kind.REFUSED, message, null);
  }
}
