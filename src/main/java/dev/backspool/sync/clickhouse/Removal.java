package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Page;
import dev.backspool.sync.SinkException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What leaves the tables. ClickHouse replaces a row only when it happens to merge its files, and
 * never across partitions, so what was deleted is removed here: at once from every question's view,
 * by a mask over the rows, and from the disk by {@link #tidy}.
 */
final class Removal {
  /** As many keys as one statement names; it is kept whole by ZooKeeper, up to a megabyte. */
  private static final int MOST_KEYS = 4000;

  /** As often as one tidying looks for more; the next one goes on. */
  private static final int MOST_LOOKS = 100;

  /** Statements with long lists. */
  private static final Map<String, String> LONG =
      Map.of(
          "max_query_size", "16777216",
          "max_ast_elements", "1000000",
          "max_expanded_ast_elements", "1000000");

  private final ClickHouseUrl url;
  private final Tables tables;
  private final Connection connection;
  private final Patience patience;

  Removal(ClickHouseUrl url, Tables tables, Connection connection, Patience patience) {
    this.url = url;
    this.tables = tables;
    this.connection = connection;
    this.patience = patience;
  }

  /** Removes what keys held before they were deleted. */
  void belowTombstones(UUID project, Mapping mapping, List<Page.Row> tombstones)
      throws SinkException {
    for (int from = 0; from < tombstones.size(); from += MOST_KEYS) {
      List<Page.Row> some = tombstones.subList(from, Math.min(tombstones.size(), from + MOST_KEYS));
      String below = below(project, mapping, some);
      if (url.cluster() != null || holds(mapping, below)) {
        mask(mapping, below);
      }
    }
  }

  /** A condition for older versions of keys: exactly those, as one may have come back since. */
  private static String below(UUID project, Mapping mapping, List<Page.Row> tombstones) {
    List<Column> key = mapping.key();
    List<String> keys = new ArrayList<>();
    Map<String, String> versions = new HashMap<>();
    for (Page.Row row : tombstones) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < key.size(); i++) {
        values.add(Types.literal(key.get(i), row.key().get(i)));
      }
      keys.add("(" + String.join(", ", values) + ")");
      versions.put(Sql.text(Types.spelled(key, row.key())), "toUInt64(" + row.version() + ")");
    }
    return "%s = %s and (%s) in (%s) and %s < %s"
        .formatted(
            Tables.PROJECT,
            Sql.text(project.toString()),
            Tables.names(key.stream().map(Column::name).toList()),
            String.join(", ", keys),
            Tables.VERSION,
            versionOf(Types.spelled(key), versions));
  }

  private boolean holds(Mapping mapping, String condition) throws SinkException {
    return !connection
        .ask(
            "select 1 from %s where %s limit 1".formatted(tables.table(mapping), condition),
            LONG,
            row -> true)
        .isEmpty();
  }

  /** Removes all rows of a project below a version. */
  void belowVersion(UUID project, Mapping mapping, long version) throws SinkException {
    String condition =
        "%s = %s and %s < %d"
            .formatted(Tables.PROJECT, Sql.text(project.toString()), Tables.VERSION, version);
    if (url.cluster() != null || holds(mapping, condition)) {
      change(mapping, "delete where " + condition);
    }
  }

  /** Removes the rows of a project that were received in a time. */
  void received(UUID project, Mapping mapping, Instant from, Instant to) throws SinkException {
    String column = Sql.name(Objects.requireNonNull(mapping.receivedAt()));
    String condition =
        "%s = %s and %s >= fromUnixTimestamp64Micro(%d) and %s < fromUnixTimestamp64Micro(%d)"
            .formatted(
                Tables.PROJECT,
                Sql.text(project.toString()),
                column,
                ChronoUnit.MICROS.between(Instant.EPOCH, from),
                column,
                ChronoUnit.MICROS.between(Instant.EPOCH, to));
    if (url.cluster() != null || holds(mapping, condition)) {
      mask(mapping, condition);
    }
  }

  /** Takes what was removed off the disk, and tombstones that are old enough with it. */
  void tidy(Mapping mapping, Instant appliedBefore) throws SinkException {
    String old =
        "%s and %s < fromUnixTimestamp64Milli(%d)"
            .formatted(Tables.DELETED, Tables.APPLIED_AT, appliedBefore.toEpochMilli());
    if (holds(mapping, old)) {
      int looks = 0;
      while (maskBelow(mapping, old)) {
        if (++looks == MOST_LOOKS) {
          return;
        }
      }
      mask(mapping, old);
    }
    if (hasMask(mapping)) {
      change(mapping, "apply deleted mask");
    }
  }

  /** Masks what lies below tombstones, so that nothing shows up without them; tells if it did. */
  private boolean maskBelow(Mapping mapping, String tombstones) throws SinkException {
    String key = Tables.names(tables.order(mapping));
    String name =
        "concat(toString(%s), %s)".formatted(Tables.PROJECT, Types.spelled(mapping.key()));
    Map<String, String> versions = new HashMap<>();
    connection.ask(
        """
        select %s as name, maxIf(%s, %s) as version
        from %s
        where (%s) in (select %s from %s where %s)
        group by name
        having countIf(not %s) > 0 and minIf(%s, not %s) < version
        limit %d
        """
            .formatted(
                name,
                Tables.VERSION,
                tombstones,
                tables.table(mapping),
                key,
                key,
                tables.table(mapping),
                tombstones,
                Tables.DELETED,
                Tables.VERSION,
                Tables.DELETED,
                MOST_KEYS),
        LONG,
        row -> versions.put(Sql.text(row.text(1)), "toUInt64(" + row.text(2) + ")"));
    if (versions.isEmpty()) {
      return false;
    }
    mask(mapping, Tables.VERSION + " < " + versionOf(name, versions));
    return true;
  }

  /** An expression for the version that a name stands beside; none for any other. */
  private static String versionOf(String name, Map<String, String> versions) {
    List<String> names = List.copyOf(versions.keySet());
    return "transform(%s, [%s], [%s], toUInt64(0))"
        .formatted(
            name,
            String.join(", ", names),
            names.stream().map(versions::get).collect(Collectors.joining(", ")));
  }

  private boolean hasMask(Mapping mapping) throws SinkException {
    return !connection
        .ask(
            """
            select 1 from system.parts
            where database = %s and table = %s and active and has_lightweight_delete limit 1
            """
                .formatted(Sql.text(url.database()), Sql.text(tables.tableName(mapping))),
            Map.of(),
            row -> true)
        .isEmpty();
  }

  private void mask(Mapping mapping, String condition) throws SinkException {
    Map<String, String> settings = new HashMap<>(LONG);
    // Waits for this server, and not for replicas that are away.
    settings.put("lightweight_deletes_sync", "1");
    connection.run(
        "delete from %s where %s".formatted(tables.table(mapping), condition),
        settings,
        patience.change());
  }

  private void change(Mapping mapping, String what) throws SinkException {
    connection.run(
        "alter table %s %s".formatted(tables.table(mapping), what),
        Map.of("mutations_sync", "1"),
        patience.change());
  }
}
