package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import dev.backspool.sync.KeyRange;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.RangeSums;
import dev.backspool.sync.RangeSums.Sum;
import dev.backspool.sync.SinkException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Counts and hashes of what is held, by ClickHouse's own functions. Ranges follow one another
 * without a gap.
 */
final class Sums {
  private final Tables tables;
  private final Connection connection;

  Sums(Tables tables, Connection connection) {
    this.tables = tables;
    this.connection = connection;
  }

  RangeSums of(UUID project, Mapping mapping, List<KeyRange> ranges) throws SinkException {
    Map<Long, Sum> found = new HashMap<>();
    connection.ask(
        """
        select roundDown(key_hash, [%s]) as begins, count(), sum(row_hash)
        from (%s)
        where key_hash >= %d and key_hash < %d
        group by begins
        """
            .formatted(
                ranges.stream()
                    .map(range -> "toUInt64(%d)".formatted(range.from()))
                    .collect(Collectors.joining(", ")),
                hashed(project, mapping),
                ranges.getFirst().from(),
                ranges.getLast().to()),
        row -> found.put(row.number(1), new Sum(row.number(2), row.number(3))));
    return new RangeSums(
        ranges.stream().map(range -> found.getOrDefault(range.from(), Sum.NONE)).toList());
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
      toUInt64(reinterpretAsUInt32(reverse(substring(MD5(%s), 1, 4)))) as key_hash,
      reinterpretAsUInt64(reverse(substring(MD5(%s), 1, 8))) as row_hash
    from %s final
    where %s = %s and %s = 0
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
