package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Mapping;
import dev.backspool.sync.Sink.Load;
import dev.backspool.sync.SinkException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The full loads that began. */
final class Loads {
  private final Tables tables;
  private final Connection connection;
  private final Patience patience;

  Loads(Tables tables, Connection connection, Patience patience) {
    this.tables = tables;
    this.connection = connection;
    this.patience = patience;
  }

  /** All of them. */
  List<Load> all() throws SinkException {
    return connection.ask(
        "select toString(%1$s), mapping, max(version) from %2$s group by %1$s, mapping"
            .formatted(Tables.PROJECT, tables.qualified(Tables.LOAD)),
        row -> new Load(UUID.fromString(row.text(1)), row.text(2), row.number(3)));
  }

  /** Notes one; returns the version of the highest before, or 0. */
  long begin(UUID project, Mapping mapping, long version) throws SinkException {
    long before =
        connection
            .ask(
                "select max(version) from %s where %s"
                    .formatted(tables.qualified(Tables.LOAD), of(project, mapping)),
                row -> row.number(1))
            .getFirst();
    connection.run(
        "insert into %s values (%s, %s, %d)"
            .formatted(
                tables.qualified(Tables.LOAD),
                Sql.text(project.toString()),
                Sql.text(mapping.id()),
                version),
        Map.of("async_insert", "0", "insert_deduplicate", "0"),
        patience.statement());
    return before;
  }

  /** Forgets those of a mapping. */
  void forget(Mapping mapping) throws SinkException {
    forget("mapping = " + Sql.text(mapping.id()));
  }

  /** Forgets those of a project. */
  void forget(UUID project, Mapping mapping) throws SinkException {
    forget(of(project, mapping));
  }

  private static String of(UUID project, Mapping mapping) {
    return "%s = %s and mapping = %s"
        .formatted(Tables.PROJECT, Sql.text(project.toString()), Sql.text(mapping.id()));
  }

  private void forget(String condition) throws SinkException {
    Map<String, String> settings = new HashMap<>(Connection.LONG);
    settings.put("lightweight_deletes_sync", "1");
    connection.run(
        "delete from %s where %s".formatted(tables.qualified(Tables.LOAD), condition),
        settings,
        patience.change());
  }
}
