package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import dev.backspool.sync.KeyRange;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.RangeSums;
import dev.backspool.sync.RangeSums.Sum;
import dev.backspool.sync.SinkException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Counts and hashes of what is held, by ClickHouse's own functions. */
final class Sums {
  private final Tables tables;
  private final Connection connection;

  Sums(Tables tables, Connection connection) {
    this.tables = tables;
    this.connection = connection;
  }

  RangeSums of(UUID project, Mapping mapping, List<KeyRange> ranges) throws SinkException {
    var sums = new Sum[ranges.size()];
    Arrays.fill(sums, Sum.NONE);
    connection.ask(
        """
        select
          toUInt64(arrayFirstIndex((low, high) -> key_hash >= low and key_hash < high, [%s], [%s]))
            as part,
          count(),
          sum(row_hash)
        from (%s)
        where part > 0
        group by part
        """
            .formatted(
                bounds(ranges, KeyRange::from),
                bounds(ranges, KeyRange::to),
                hashed(project, mapping)),
        row -> {
          sums[(int) row.number(1) - 1] = new Sum(row.number(2), row.number(3));
          return true;
        });
    return new RangeSums(List.of(sums));
  }

  private static String bounds(List<KeyRange> ranges, Function<KeyRange, Long> bound) {
    return ranges.stream()
        .map(range -> "toUInt64(" + bound.apply(range) + ")")
        .collect(Collectors.joining(", "));
  }

  Map<List<Object>, Long> hashes(UUID project, Mapping mapping, KeyRange range)
      throws SinkException {
    List<Column> key = mapping.key();
    Map<List<Object>, Long> hashes = new HashMap<>();
    connection.ask(
        "select row_hash, %s from (%s) where key_hash >= %d and key_hash < %d"
            .formatted(
                key.stream().map(Types::readable).collect(Collectors.joining(", ")),
                hashed(project, mapping),
                range.from(),
                range.to()),
        row -> {
          List<Object> values = new ArrayList<>();
          for (int i = 0; i < key.size(); i++) {
            values.add(Types.reader(key.get(i)).apply(row.text(i + 2)));
          }
          return hashes.put(values, row.number(1));
        });
    return hashes;
  }

  /** The keys of a project that are not deleted, each with its hash and that of its row. */
  private String hashed(UUID project, Mapping mapping) {
    return """
    select
      %s,
      reinterpretAsUInt32(reverse(substring(MD5(%s), 1, 4))) as key_hash,
      reinterpretAsUInt64(reverse(substring(MD5(%s), 1, 8))) as row_hash
    from %s final
    where %s = %s and not %s
    """
        .formatted(
            Tables.names(mapping.key().stream().map(Column::name).toList()),
            Types.spelled(mapping.key()),
            Types.spelled(mapping.all()),
            tables.table(mapping),
            Tables.PROJECT,
            Sql.text(project.toString()),
            Tables.DELETED);
  }
}
