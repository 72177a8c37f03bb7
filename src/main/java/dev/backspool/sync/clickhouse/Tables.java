package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a database and their statements. A mapping has a table {@code sync_ID} with every
 * version that is not merged away yet, and a view {@code ID} for whoever asks questions.
 */
final class Tables {
  static final String PROJECT = "project_id";
  static final String VERSION = "sync_version";
  static final String DELETED = "sync_deleted";
  static final String APPLIED_AT = "sync_at";

  /** By this a table is known as ours. */
  static final String COMMENT = "Kept by Backspool";

  private static final String APPLIED_AT_DEFAULT = "now64(3, 'UTC')";

  private final ClickHouseUrl url;

  Tables(ClickHouseUrl url) {
    this.url = url;
  }

  String tableName(Mapping mapping) {
    return "sync_" + mapping.id();
  }

  /** The table as statements name it. */
  String table(Mapping mapping) {
    return qualified(tableName(mapping));
  }

  String qualified(String name) {
    return Sql.name(url.database()) + "." + Sql.name(name);
  }

  /** Columns by name, with their types, in the order of the table. */
  Map<String, String> columns(Mapping mapping) {
    Map<String, String> columns = new LinkedHashMap<>();
    columns.put(PROJECT, "UUID");
    mapping.all().forEach(column -> columns.put(column.name(), Types.name(column)));
    columns.put(VERSION, "UInt64");
    columns.put(DELETED, "Bool");
    columns.put(APPLIED_AT, "DateTime64(3, 'UTC')");
    return columns;
  }

  /** Names of the columns by which the table is sorted, and rows replace each other. */
  List<String> order(Mapping mapping) {
    return Stream.concat(Stream.of(PROJECT), mapping.key().stream().map(Column::name)).toList();
  }

  String createDatabase() {
    return "create database if not exists " + Sql.name(url.database()) + onCluster();
  }

  String createTable(Mapping mapping) {
    String columns =
        columns(mapping).entrySet().stream()
            .map(column -> definition(column.getKey(), column.getValue()))
            .collect(Collectors.joining(",\n  "));
    // Rows come about in the order of their time, whatever the table is sorted by.
    String indexes =
        mapping.all().stream()
            .filter(column -> column.type() == Column.Type.TIMESTAMP)
            .map(column ->
                ",\n  index %s %s type minmax granularity 1"
                    .formatted(Sql.name(column.name() + "_range"), Sql.name(column.name())))
            .collect(Collectors.joining());
    String receivedAt = mapping.receivedAt();
    return """
    create table if not exists %s%s (
      %s%s
    )
    engine = %s(%s)
    %sorder by (%s)
    settings non_replicated_deduplication_window = 1000, fsync_after_insert = 1, \
    fsync_part_directory = 1
    comment %s
    """
        .formatted(
            table(mapping),
            onCluster(),
            columns,
            indexes,
            url.cluster() == null ? "ReplacingMergeTree" : "ReplicatedReplacingMergeTree",
            VERSION,
            receivedAt == null ? "" : "partition by toYYYYMM(%s)\n".formatted(Sql.name(receivedAt)),
            names(order(mapping)),
            Sql.text(COMMENT));
  }

  /** What a table says of the columns by which it is sorted. */
  String sortingKey(Mapping mapping) {
    return String.join(", ", order(mapping));
  }

  String addColumn(Mapping mapping, String name) {
    return "alter table %s%s add column if not exists %s"
        .formatted(table(mapping), onCluster(), definition(name, columns(mapping).get(name)));
  }

  String changeColumn(Mapping mapping, String name) {
    return "alter table %s%s modify column %s"
        .formatted(table(mapping), onCluster(), definition(name, columns(mapping).get(name)));
  }

  String createView(Mapping mapping) {
    return "create or replace view %s%s as select %s from %s final where not %s"
        .formatted(
            qualified(mapping.id()),
            onCluster(),
            names(
                Stream.concat(Stream.of(PROJECT), mapping.all().stream().map(Column::name))
                    .toList()),
            table(mapping),
            DELETED);
  }

  private static String definition(String name, @Nullable String type) {
    String definition = Sql.name(name) + " " + type;
    return name.equals(APPLIED_AT) ? definition + " default " + APPLIED_AT_DEFAULT : definition;
  }

  private String onCluster() {
    return url.cluster() == null ? "" : " on cluster " + Sql.name(url.cluster());
  }

  static String names(List<String> names) {
    return names.stream().map(Sql::name).collect(Collectors.joining(", "));
  }
}
