package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Mapping;
import dev.backspool.sync.SinkException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * What leaves the tables. A tombstone hides what is below it at once; here what it hides is taken
 * off the disk, as ClickHouse by itself does so only when it happens to merge the two. First a mask
 * is laid over the rows, then their files are written anew without them.
 */
final class Removal {
  /** As many keys as one statement names; it is kept whole by ZooKeeper, up to a megabyte. */
  private static final int MOST_KEYS = 4_000;

  /** As often as one tidying looks for more; the next one goes on. */
  private static final int MOST_LOOKS = 100;

  /** Clocks of this machine and the server may differ by so much. */
  private static final Duration CLOCKS = Duration.ofHours(1);

  private final ClickHouseUrl url;
  private final Tables tables;
  private final Connection connection;
  private final Patience patience;
  private final Map<String, Instant> tidied = new ConcurrentHashMap<>();

  Removal(ClickHouseUrl url, Tables tables, Connection connection, Patience patience) {
    this.url = url;
    this.tables = tables;
    this.connection = connection;
    this.patience = patience;
  }

  private static String of(UUID project) {
    return "%s = %s".formatted(Tables.PROJECT, Sql.text(project.toString()));
  }

  /** The version below which nothing of a project is taken. */
  long floor(UUID project, Mapping mapping) throws SinkException {
    return connection
        .ask(
            "select max(floor) from %s where %s and mapping = %s"
                .formatted(tables.qualified(Tables.FLOOR), of(project), Sql.text(mapping.id())),
            row -> row.number(1))
        .getFirst();
  }

  /**
   * Removes all rows of a project below a version, and those too that come later: who brings some
   * looks for the floor when they are there, so that one of the two finds them.
   */
  void belowFloor(UUID project, Mapping mapping, long floor) throws SinkException {
    connection.run(
        "insert into %s values (%s, %s, %d)"
            .formatted(
                tables.qualified(Tables.FLOOR),
                Sql.text(project.toString()),
                Sql.text(mapping.id()),
                floor),
        Map.of("async_insert", "0", "insert_deduplicate", "0"),
        patience.statement());
    below(project, mapping, floor);
  }

  /** Removes the rows of a project below a version that are there. */
  void below(UUID project, Mapping mapping, long version) throws SinkException {
    remove(mapping, "%s and %s < toUInt64(%d)".formatted(of(project), Tables.VERSION, version));
  }

  /** Removes all that is there of a project. */
  void everything(UUID project, Mapping mapping) throws SinkException {
    remove(mapping, of(project));
    mask(
        tables.qualified(Tables.FLOOR),
        "%s and mapping = %s".formatted(of(project), Sql.text(mapping.id())));
  }

  /** Removes the rows of a project that were received in a time. */
  void received(UUID project, Mapping mapping, Instant from, Instant to) throws SinkException {
    String column = Sql.name(Objects.requireNonNull(mapping.receivedAt()));
    remove(
        mapping,
        "%s and %s >= %s and %s < %s and %s = 0"
            .formatted(of(project), column, moment(from), column, moment(to), Tables.DELETED));
  }

  private static String moment(Instant time) {
    return "fromUnixTimestamp64Micro(%d, 'UTC')"
        .formatted(ChronoUnit.MICROS.between(Instant.EPOCH, time));
  }

  /**
   * Takes what was removed off the disk, and tombstones that are old enough with it.
   *
   * @param appliedBefore tombstones stay that were applied later
   */
  void tidy(Mapping mapping, Instant appliedBefore) throws SinkException {
    Instant begun = Instant.now();
    String old =
        "%s = 1 and %s < %s".formatted(Tables.DELETED, Tables.APPLIED_AT, moment(appliedBefore));
    String unseen =
        "%s = 1 and %s >= %s"
            .formatted(
                Tables.DELETED,
                Tables.APPLIED_AT,
                moment(tidied.getOrDefault(mapping.id(), Instant.EPOCH)));
    belowFloors(mapping);
    if (maskBelow(mapping, unseen)) {
      tidied.put(mapping.id(), begun.minus(CLOCKS));
    }
    // What it hides must not show up without it.
    if (holds(mapping, old) && maskBelow(mapping, old)) {
      mask(tables.table(mapping), old);
    }
    if (hasMask(mapping)) {
      connection.run(
          "alter table %s apply deleted mask".formatted(tables.table(mapping)),
          Map.of("mutations_sync", "1"),
          patience.change());
    }
  }

  /** Removes what somebody brought who stood still between that and looking for the floor. */
  private void belowFloors(Mapping mapping) throws SinkException {
    List<String> projects =
        connection.ask(
            """
            select toString(%1$s), max(floor) as floor from %2$s where mapping = %3$s group by %1$s
            """
                .formatted(Tables.PROJECT, tables.qualified(Tables.FLOOR), Sql.text(mapping.id())),
            row ->
                "(%s = %s and %s < toUInt64(%d))"
                    .formatted(
                        Tables.PROJECT, Sql.text(row.text(1)), Tables.VERSION, row.number(2)));
    for (int from = 0; from < projects.size(); from += MOST_KEYS) {
      String below =
          String.join(" or ", projects.subList(from, Math.min(projects.size(), from + MOST_KEYS)));
      if (holds(mapping, below)) {
        mask(tables.table(mapping), below);
      }
    }
  }

  /** Masks what lies below tombstones; tells whether that was all. */
  private boolean maskBelow(Mapping mapping, String tombstones) throws SinkException {
    for (int look = 0; look < MOST_LOOKS; look++) {
      Map<String, String> versions = below(mapping, tombstones);
      if (versions.isEmpty()) {
        return true;
      }
      mask(
          tables.table(mapping),
          "%s < %s".formatted(Tables.VERSION, versionOf(name(mapping), versions)));
    }
    return false;
  }

  /** A text for each key of each project. */
  private static String name(Mapping mapping) {
    return "concat(toString(%s), %s)".formatted(Tables.PROJECT, Types.spelled(mapping.key()));
  }

  /** Some keys that have rows below a tombstone, with its version. */
  private Map<String, String> below(Mapping mapping, String tombstones) throws SinkException {
    Map<String, String> versions = new HashMap<>();
    connection.ask(
        """
        select %1$s as name, toString(maxIf(%2$s, %3$s)) as version
        from %4$s
        where (%5$s) in (select %5$s from %4$s where %3$s)
        group by name
        having countIf(%6$s = 0) > 0 and minIf(%2$s, %6$s = 0) < maxIf(%2$s, %3$s)
        limit %7$d
        """
            .formatted(
                name(mapping),
                Tables.VERSION,
                tombstones,
                tables.table(mapping),
                Tables.names(tables.order(mapping)),
                Tables.DELETED,
                MOST_KEYS),
        Connection.LONG,
        row -> versions.put(Sql.text(row.text(1)), "toUInt64(" + row.text(2) + ")"));
    return versions;
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

  private boolean holds(Mapping mapping, String condition) throws SinkException {
    return !connection
        .ask(
            "select 1 from %s where %s limit 1".formatted(tables.table(mapping), condition),
            Connection.LONG,
            row -> true)
        .isEmpty();
  }

  private boolean hasMask(Mapping mapping) throws SinkException {
    return !connection
        .ask(
            """
            select 1 from system.parts
            where database = %s and table = %s and active and has_lightweight_delete limit 1
            """
                .formatted(Sql.text(url.database()), Sql.text(tables.tableName(mapping))),
            row -> true)
        .isEmpty();
  }

  /** A replica may not have heard yet of what others hold: there it is not looked for before. */
  private void remove(Mapping mapping, String condition) throws SinkException {
    if (url.cluster() != null || holds(mapping, condition)) {
      mask(tables.table(mapping), condition);
    }
  }

  private void mask(String table, String condition) throws SinkException {
    Map<String, String> settings = new HashMap<>(Connection.LONG);
    // Waits for this server, and not for replicas that are away.
    settings.put("lightweight_deletes_sync", "1");
    connection.run(
        "delete from %s where %s".formatted(table, condition), settings, patience.change());
  }
}
