package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a database and their statements. A mapping has a table {@code sync_ID} with every
 * version that is not merged away yet, and a view {@code ID} for whoever asks questions.
 *
 * <p>ClickHouse replaces a row by another one of the same sorting key, and of the same partition
 * only. So a table is sorted by project and key and nothing else, and where it has partitions they
 * are ranges of the key: neither ever parts two versions of a row, nor one from its tombstone,
 * which knows nothing but the key.
 */
final class Tables {
  static final String PROJECT = "project_id";
  static final String VERSION = "sync_version";
  static final String DELETED = "sync_deleted";
  static final String APPLIED_AT = "sync_at";

  /** Below which versions nothing is taken, by project and mapping. */
  static final String FLOOR = "sync_floor";

  /** The full loads that began, by project and mapping. */
  static final String LOAD = "sync_load";

  /** By this a table is known as ours. */
  static final String COMMENT = "Kept by Backspool";

  /**
   * As many rows as a partition has at most. ClickHouse merges one that is quiet for an hour into a
   * single file, whose rows need no comparing any more when somebody asks.
   */
  private static final long PARTITION = 20_000_000;

  private static final String QUIET =
      ", min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1";

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
  SequencedMap<String, String> columns(Mapping mapping) {
    SequencedMap<String, String> columns = new LinkedHashMap<>();
    columns.put(PROJECT, "UUID");
    mapping.all().forEach(column -> columns.put(column.name(), Types.name(column)));
    columns.put(VERSION, "UInt64");
    columns.put(DELETED, "UInt8");
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
    String indexes =
        Stream.concat(mapping.all().stream().map(Column::name), Stream.of(APPLIED_AT))
            .filter(name -> hasIndex(mapping, name))
            .map(name -> ",\n  index " + index(name))
            .collect(Collectors.joining());
    return create(
        tableName(mapping),
        columns + indexes,
        "%s, %s".formatted(VERSION, DELETED),
        partition(mapping),
        order(mapping));
  }

  String createFloor() {
    return create(
        FLOOR,
        "project_id UUID,\n  mapping String,\n  floor UInt64",
        "floor",
        "",
        List.of(PROJECT, "mapping"));
  }

  String createLoad() {
    return create(
        LOAD,
        "project_id UUID,\n  mapping String,\n  version UInt64",
        "version",
        "",
        List.of(PROJECT, "mapping"));
  }

  private String create(
      String name, String columns, String engine, String partition, List<String> order) {
    return """
    create table if not exists %s%s (
      %s
    )
    engine = %s(%s)
    %s
    order by (%s)
    settings non_replicated_deduplication_window = 1000, fsync_after_insert = 1, \
    fsync_part_directory = 1%s
    comment %s
    """
        .formatted(
            qualified(name),
            onCluster(),
            columns,
            url.cluster() == null ? "ReplacingMergeTree" : "ReplicatedReplacingMergeTree",
            engine,
            partition,
            names(order),
            partition.isEmpty() ? "" : QUIET,
            Sql.text(COMMENT));
  }

  /** Of what comes without end, by ids that grow: what is old lies apart and is left in peace. */
  private static String partition(Mapping mapping) {
    Column first = mapping.key().getFirst();
    return mapping.receivedAt() != null && first.type() == Column.Type.BIGINT
        ? "partition by intDiv(%s, %d)".formatted(Sql.name(first.name()), PARTITION)
        : "";
  }

  /** Rows come about in the order of their time, whatever the table is sorted by. */
  private static boolean hasIndex(Mapping mapping, String name) {
    return name.equals(APPLIED_AT)
        || mapping.columns().stream()
            .anyMatch(
                column -> column.name().equals(name) && column.type() == Column.Type.TIMESTAMP);
  }

  private static String index(String name) {
    return "%s %s type minmax granularity 1".formatted(Sql.name(name + "_range"), Sql.name(name));
  }

  /** What a table says of the columns by which it is sorted. */
  String sortingKey(Mapping mapping) {
    return String.join(", ", order(mapping));
  }

  String dropTable(Mapping mapping) {
    return "drop table %s%s sync".formatted(table(mapping), onCluster());
  }

  String addColumn(Mapping mapping, String name) {
    return "alter table %s%s add column if not exists %s%s"
        .formatted(
            table(mapping),
            onCluster(),
            definition(name, columns(mapping).get(name)),
            hasIndex(mapping, name) ? ", add index if not exists " + index(name) : "");
  }

  String dropColumn(Mapping mapping, String name) {
    return "alter table %s%s drop index if exists %s, drop column if exists %s"
        .formatted(table(mapping), onCluster(), Sql.name(name + "_range"), Sql.name(name));
  }

  /** Names of the columns of its view. */
  List<String> shown(Mapping mapping) {
    return Stream.concat(Stream.of(PROJECT), mapping.all().stream().map(Column::name)).toList();
  }

  String createView(Mapping mapping) {
    return "create or replace view %s%s as select %s from %s final where %s = 0"
        .formatted(
            qualified(mapping.id()), onCluster(), names(shown(mapping)), table(mapping), DELETED);
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
