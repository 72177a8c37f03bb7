package dev.backspool.sync;

import dev.backspool.sync.Changes.Batch;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/**
 * Reads rows of a mapping as they are now, each with its number from {@code sync_key}: in one
 * snapshot with it, or the two would not belong together.
 */
final class Rows {
  /** Batches whose times of receipt are this near are read as one. */
  private static final Duration NEAR = Duration.ofSeconds(1);

  private static final int FETCHED = 1_000;

  private final Connection connection;
  private final UUID project;
  private final Mapping mapping;
  private final Words words = new Words();
  private long bytes;
  private boolean isCut;

  /**
   * The rows of a project.
   *
   * @param connection in a transaction that sees one snapshot
   */
  Rows(Connection connection, UUID project, Mapping mapping) {
    this.connection = connection;
    this.project = project;
    this.mapping = mapping;
  }

  /** A row's key and other values. */
  record Read(List<Object> key, List<@Nullable Object> values) {}

  /** A row of another project was found among them: none of them may go anywhere. */
  static final class Foreign extends RuntimeException {
    private static final long serialVersionUID = 1;

    Foreign(Mapping mapping, UUID project) {
      super("the query of %s gave project %s a row of another project".formatted(mapping, project));
    }
  }

  /** About how many bytes were read, in all. */
  long bytes() {
    return bytes;
  }

  /** Whether {@link #after} may have left rows behind the last. */
  boolean isCut() {
    return isCut;
  }

  /** Those of the keys that have a row. */
  List<Read> of(List<List<Object>> keys) throws SQLException {
    if (keys.isEmpty()) {
      return List.of();
    }
    var wanted = new StringJoiner(", ");
    var same = new StringJoiner(" and ");
    var names = new StringJoiner(", ");
    for (Column column : mapping.key()) {
      wanted.add("cast(? as " + array(column) + "[])");
      names.add(column.name());
      same.add("row.%1$s = wanted.%1$s".formatted(column.name()));
    }
    // The offset has rows looked for key by key, always: while a table that grew is not analyzed
    // yet,
    // PostgreSQL expects a few rows and compares every key with all there are.
    String sql =
        """
        select %s
        from unnest(%s) as wanted (%s)
        cross join lateral (
          select * from (%s) as row where row.project_id = ? and %s offset 0
        ) as it
        """
            .formatted(columns(), wanted, names, mapping.query(), same);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int parameter = 0;
      for (int i = 0; i < mapping.key().size(); i++) {
        int at = i;
        statement.setArray(
            ++parameter,
            connection.createArrayOf(
                array(mapping.key().get(i)), keys.stream().map(key -> key.get(at)).toArray()));
      }
      statement.setObject(++parameter, project);
      return read(statement);
    }
  }

  /** Events of batches, and others that lie between. */
  List<Read> in(Collection<Batch> batches) throws SQLException {
    if (batches.isEmpty()) {
      return List.of();
    }
    List<Batch> spans = spans(batches);
    String sql =
        """
        select %s
        from unnest(
          cast(? as timestamptz[]), cast(? as timestamptz[]), cast(? as bigint[]), cast(? as bigint[]))
          as span (received_from, received_to, id_from, id_to)
        cross join lateral (
          select * from (%s) as event
          where project_id = ? and received_at between received_from and received_to
            and id between id_from and id_to
        ) as it
        """
            .formatted(columns(), mapping.query());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, times(spans.stream().map(Batch::first).toList()));
      statement.setArray(2, times(spans.stream().map(Batch::last).toList()));
      statement.setArray(3, longs(spans.stream().map(Batch::fromId).toList()));
      statement.setArray(4, longs(spans.stream().map(Batch::toId).toList()));
      statement.setObject(5, project);
      return read(statement);
    }
  }

  /** Batches that lie together in time are one, so that no event is read twice. */
  private static List<Batch> spans(Collection<Batch> batches) {
    var spans = new ArrayList<Batch>();
    for (Batch batch : batches.stream().sorted(Comparator.comparing(Batch::first)).toList()) {
      Batch last = spans.isEmpty() ? null : spans.getLast();
      if (last != null && !batch.first().isAfter(last.last().plus(NEAR))) {
        spans.set(
            spans.size() - 1,
            new Batch(
                Math.min(last.fromId(), batch.fromId()),
                Math.max(last.toId(), batch.toId()),
                last.first(),
                last.last().isAfter(batch.last()) ? last.last() : batch.last(),
                last.rows() + batch.rows()));
      } else {
        spans.add(batch);
      }
    }
    return spans;
  }

  /** The columns by which all rows are read in order. */
  private List<Column> order() {
    var order = new ArrayList<>(mapping.key());
    mapping.columns().stream()
        .filter(column -> column.name().equals(mapping.receivedAt()))
        .forEach(order::addFirst);
    return order;
  }

  /**
   * The next rows of all, in order.
   *
   * @param after the order columns of the last row before, as {@link #last} gives them; null begins
   * @param mostBytes the row that makes them more, about, is the last
   */
  List<Read> after(@Nullable List<String> after, int most, long mostBytes) throws SQLException {
    List<Column> order = order();
    String names = String.join(", ", order.stream().map(Column::name).toList());
    var sql =
        new StringBuilder(
            "select %s from (%s) as it where project_id = ?".formatted(columns(), mapping.query()));
    if (after != null) {
      var values = new StringJoiner(", ");
      order.forEach(column -> values.add("cast(? as " + array(column) + ")"));
      // The first column alone is what an index finds, whatever the others come from.
      sql.append(
          " and %s >= cast(? as %s)".formatted(order.getFirst().name(), array(order.getFirst())));
      sql.append(" and (%s) > (%s)".formatted(names, values));
    }
    sql.append(" order by ").append(names).append(" limit ?");
    try (PreparedStatement statement = connection.prepareStatement(sql.toString())) {
      int parameter = 0;
      statement.setObject(++parameter, project);
      if (after != null) {
        statement.setString(++parameter, after.getFirst());
        for (String value : after) {
          statement.setString(++parameter, value);
        }
      }
      statement.setInt(++parameter, most);
      List<Read> rows = read(statement, mostBytes);
      isCut = rows.size() == most || bytes > mostBytes;
      return rows;
    }
  }

  /** The order columns of a row. */
  List<String> last(Read row) {
    var last = new ArrayList<String>();
    for (Column column : order()) {
      int key = mapping.key().indexOf(column);
      last.add(
          String.valueOf(
              key >= 0 ? row.key().get(key) : row.values().get(mapping.columns().indexOf(column))));
    }
    return last;
  }

  private List<Read> read(PreparedStatement statement) throws SQLException {
    return read(statement, Long.MAX_VALUE);
  }

  private List<Read> read(PreparedStatement statement, long mostBytes) throws SQLException {
    // As the driver holds them rows are large.
    statement.setFetchSize(FETCHED);
    // From the first time on: times, numbers and arrays cost most of the reading as texts.
    statement.unwrap(PGStatement.class).setPrepareThreshold(-1);
    var rows = new ArrayList<Read>();
    try (ResultSet found = statement.executeQuery()) {
      while (bytes <= mostBytes && found.next()) {
        if (!project.equals(found.getObject(1, UUID.class))) {
          throw new Foreign(mapping, project);
        }
        int at = 2;
        var key = new ArrayList<Object>(mapping.key().size());
        for (Column column : mapping.key()) {
          Object value = value(found, at++, column.type());
          if (value == null) {
            throw new IllegalStateException("A key of " + mapping + " has no " + column.name());
          }
          key.add(value);
        }
        var values = new ArrayList<@Nullable Object>(mapping.columns().size());
        for (Column column : mapping.columns()) {
          values.add(value(found, at++, column.type()));
        }
        rows.add(new Read(key, values));
      }
    }
    return rows;
  }

  private @Nullable Object value(ResultSet row, int column, Column.Type type) throws SQLException {
    bytes += 8;
    return switch (type) {
      case UUID -> row.getObject(column, UUID.class);
      case TEXT, WORD, JSON -> {
        String text = row.getString(column);
        bytes += text == null ? 0 : text.length();
        yield text == null || type != Column.Type.WORD ? text : words.of(text);
      }
      case BOOLEAN -> orNull(row, row.getBoolean(column));
      case INTEGER -> orNull(row, row.getInt(column));
      case BIGINT -> orNull(row, row.getLong(column));
      case REAL -> orNull(row, row.getFloat(column));
      case DOUBLE -> orNull(row, row.getDouble(column));
      case TIMESTAMP -> {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        yield time == null ? null : time.toInstant();
      }
      case TEXTS -> {
        Array array = row.getArray(column);
        if (array == null) {
          yield null;
        }
        List<String> texts = List.of((String[]) array.getArray());
        bytes += texts.stream().mapToLong(String::length).sum();
        yield texts;
      }
    };
  }

  private static @Nullable Object orNull(ResultSet row, Object value) throws SQLException {
    return row.wasNull() ? null : value;
  }

  /**
   * The numbers of the changes by which rows are as they are; a row that never changed has none.
   */
  Map<List<Object>, Long> numbers(Collection<Read> rows) throws SQLException {
    if (rows.isEmpty()) {
      return Map.of();
    }
    Source source = mapping.source();
    if (source == Source.EVENT) {
      Optional<Map<List<Object>, Long>> few = numbersBetween(rows);
      if (few.isPresent()) {
        return few.get();
      }
    }
    // The first from a key on, and not the key alone: before the table is analyzed PostgreSQL takes
    // the index of changes to be as good for that, and reads all of the project for each key.
    var numbers = new HashMap<List<Object>, Long>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            select noted.key, seq
            from unnest(cast(? as bytea[])) as wanted (key)
            cross join lateral (
              select key, seq from sync_key
              where project_id = ? and source = ? and key >= wanted.key
              order by key
              limit 1
            ) as noted
            where noted.key = wanted.key
            """)) {
      statement.setArray(
          1,
          connection.createArrayOf(
              "bytea", rows.stream().map(row -> source.write(row.key())).toArray(byte[][]::new)));
      statement.setObject(2, project);
      statement.setInt(3, source.number());
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          numbers.put(source.read(found.getBytes(1)), found.getLong(2));
        }
      }
    }
    return numbers;
  }

  /**
   * Of events hardly any has changed since it was stored, and those read together have ids that lie
   * together: what lies between the lowest and the highest is read at once. Empty when it is more
   * than that.
   */
  private Optional<Map<List<Object>, Long>> numbersBetween(Collection<Read> rows)
      throws SQLException {
    LongSummaryStatistics ids =
        rows.stream().mapToLong(row -> (long) row.key().getFirst()).summaryStatistics();
    int most = 100 + rows.size() / 2;
    var numbers = new HashMap<List<Object>, Long>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            select key, seq from sync_key
            where project_id = ? and source = ? and key between ? and ?
            limit ?
            """)) {
      statement.setObject(1, project);
      statement.setInt(2, mapping.source().number());
      statement.setBytes(3, mapping.source().write(List.of(ids.getMin())));
      statement.setBytes(4, mapping.source().write(List.of(ids.getMax())));
      statement.setInt(5, most);
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          numbers.put(mapping.source().read(found.getBytes(1)), found.getLong(2));
        }
      }
    }
    return numbers.size() < most ? Optional.of(numbers) : Optional.empty();
  }

  private String columns() {
    var columns = new StringJoiner(", ").add("it.project_id");
    mapping.all().forEach(column -> columns.add("it." + column.name()));
    return columns.toString();
  }

  private static String array(Column column) {
    return switch (column.type()) {
      case UUID -> "uuid";
      case TEXT, WORD -> "text";
      case BIGINT -> "bigint";
      case TIMESTAMP -> "timestamptz";
      case BOOLEAN, INTEGER, REAL, DOUBLE, JSON, TEXTS ->
          throw new IllegalArgumentException("No key is a " + column.type());
    };
  }

  private Array times(List<Instant> times) throws SQLException {
    return connection.createArrayOf(
        "timestamptz",
        times.stream().map(time -> time.atOffset(ZoneOffset.UTC).toString()).toArray());
  }

  private Array longs(List<Long> longs) throws SQLException {
    return connection.createArrayOf("bigint", longs.toArray());
  }
}
