package dev.backspool.sync.postgres;

import static dev.backspool.sync.postgres.Tables.quoted;

import dev.backspool.postgres.Columns;
import dev.backspool.sync.Column;
import dev.backspool.sync.Hashes;
import dev.backspool.sync.KeyRange;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Page;
import dev.backspool.sync.Page.Row;
import dev.backspool.sync.PublicSockets;
import dev.backspool.sync.RangeSums;
import dev.backspool.sync.RangeSums.Sum;
import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkOpener;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database of somebody's own. A page is one transaction, with a statement for all of its rows.
 *
 * <p>Pages of a project and mapping wait for each other here, by a row that each locks: whoever
 * comes late, because it was taken for dead, finds the versions of those who came after it.
 */
public final class PostgresSink implements Sink {
  private static final int CONNECT_SECONDS = 10;
  private static final int STATEMENT_SECONDS = 30;
  private static final int SLICE = 50_000;

  private final Connections connections;
  private final Tables tables;

  private PostgresSink(SinkAddress address, boolean isPrivateAllowed) {
    var source = new PGSimpleDataSource();
    source.setServerNames(new String[] {address.host()});
    source.setPortNumbers(new int[] {address.port()});
    source.setDatabaseName(address.database());
    source.setUser(address.user());
    source.setPassword(address.password());
    source.setSslMode(address.sslMode());
    source.setApplicationName("backspool sync");
    source.setConnectTimeout(CONNECT_SECONDS);
    source.setLoginTimeout(CONNECT_SECONDS);
    source.setSocketTimeout(2 * STATEMENT_SECONDS);
    source.setTcpKeepAlive(true);
    // Details quote rows.
    source.setLogServerErrorDetail(false);
    if (!isPrivateAllowed) {
      source.setSocketFactory(PublicSockets.class.getName());
    }
    connections =
        new Connections(
            source,
            """
            set statement_timeout = '%1$ds';
            set lock_timeout = '%1$ds';
            set idle_in_transaction_session_timeout = '%1$ds';
            set timezone = 'UTC'
            """
                .formatted(STATEMENT_SECONDS));
    tables = new Tables(address.schema());
  }

  /**
   * Opens such sinks.
   *
   * @param isPrivateAllowed whether they may lie in private and local networks
   */
  public static SinkOpener opener(boolean isPrivateAllowed) {
    return connection -> new PostgresSink(SinkAddress.parse(connection), isPrivateAllowed);
  }

  @FunctionalInterface
  private interface Work<T> {
    T in(Connection connection) throws SQLException;
  }

  private <T> T commit(Work<T> work) throws SinkException {
    Connection connection;
    try {
      connection = connections.take();
    } catch (SQLException failure) {
      throw Failures.of(failure);
    }
    try {
      T result = work.in(connection);
      connection.commit();
      connections.giveBack(connection);
      return result;
    } catch (SQLException failure) {
      try {
        connection.rollback();
        connections.giveBack(connection);
      } catch (SQLException gone) {
        connections.discard(connection);
      }
      throw Failures.of(failure);
    } catch (RuntimeException | Error failure) {
      connections.discard(connection);
      throw failure;
    }
  }

  @Override
  public Set<String> prepare(List<Mapping> mappings) throws SinkException {
    return commit(connection -> tables.prepare(connection, mappings));
  }

  @Override
  public void ping() throws SinkException {
    commit(connection -> {
      try (Statement statement = connection.createStatement()) {
        return statement.execute("select 1");
      }
    });
  }

  @Override
  public long begin(UUID project, Mapping mapping, long version) throws SinkException {
    return commit(connection -> {
      lock(connection, project, mapping);
      long before = 0;
      try (PreparedStatement statement =
          connection.prepareStatement(
              "select version from %s where project_id = ? and mapping = ?"
                  .formatted(tables.name(Tables.LOAD)))) {
        statement.setObject(1, project);
        statement.setString(2, mapping.id());
        try (ResultSet row = statement.executeQuery()) {
          before = row.next() ? row.getLong(1) : 0;
        }
      }
      try (PreparedStatement statement =
          connection.prepareStatement(
              """
              insert into %s as known (project_id, mapping, version) values (?, ?, ?)
              on conflict (project_id, mapping) do update set
                version = greatest(known.version, excluded.version)
              """
                  .formatted(tables.name(Tables.LOAD)))) {
        statement.setObject(1, project);
        statement.setString(2, mapping.id());
        statement.setLong(3, version);
        statement.executeUpdate();
      }
      return before;
    });
  }

  @Override
  public List<Load> loads() throws SinkException {
    return commit(connection -> {
      try (Statement statement = connection.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "select project_id, mapping, version from " + tables.name(Tables.LOAD))) {
        var loads = new ArrayList<Load>();
        while (rows.next()) {
          loads.add(new Load(rows.getObject(1, UUID.class), rows.getString(2), rows.getLong(3)));
        }
        return loads;
      }
    });
  }

  @Override
  public void apply(Page page) throws SinkException {
    commit(connection -> {
      long floor = lock(connection, page.project(), page.mapping());
      List<Row> rows = page.rows().stream().filter(row -> row.version() >= floor).toList();
      List<Row> live = rows.stream().filter(row -> !row.deleted()).toList();
      if (!live.isEmpty()) {
        boolean hadDeleted = hasDeleted(connection, page);
        upsert(connection, page, live, hadDeleted);
        if (hadDeleted) {
          revive(connection, page, live);
        }
      }
      List<Row> deleted = rows.stream().filter(Row::deleted).toList();
      if (!deleted.isEmpty()) {
        delete(connection, page, deleted);
      }
      return rows.size();
    });
  }

  /**
   * Waits for whoever writes there, and gives the version below which nothing is taken any more.
   * The statements after this one see what was committed meanwhile.
   */
  private long lock(Connection connection, UUID project, Mapping mapping) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "insert into %s (project_id, mapping) values (?, ?) on conflict do nothing"
                .formatted(tables.name(Tables.STATE)))) {
      statement.setObject(1, project);
      statement.setString(2, mapping.id());
      statement.executeUpdate();
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select floor from %s where project_id = ? and mapping = ? for update"
                .formatted(tables.name(Tables.STATE)))) {
      statement.setObject(1, project);
      statement.setString(2, mapping.id());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private boolean hasDeleted(Connection connection, Page page) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select exists (select from %s where project_id = ? and mapping = ?)"
                .formatted(tables.name(Tables.DELETED)))) {
      statement.setObject(1, page.project());
      statement.setString(2, page.mapping().id());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private void upsert(Connection connection, Page page, List<Row> rows, boolean hadDeleted)
      throws SQLException {
    Mapping mapping = page.mapping();
    List<Column> columns = mapping.all();
    var names = new StringJoiner(", ").add("project_id");
    var values = new StringJoiner(", ").add("?");
    var changes = new StringJoiner(", ");
    for (Column column : columns) {
      names.add(quoted(column.name()));
      values.add("page." + quoted(column.name()) + cast(column));
    }
    for (Column column : mapping.columns()) {
      changes.add("%1$s = excluded.%1$s".formatted(quoted(column.name())));
    }
    names.add(quoted(Tables.VERSION));
    values.add("page." + quoted(Tables.VERSION));
    changes.add("%1$s = excluded.%1$s".formatted(quoted(Tables.VERSION)));
    String sql =
        """
        insert into %s as held (%s)
        select %s from unnest(%s) as page (%s)
        %s
        on conflict (%s) do update set %s
        where held.%s < excluded.%9$s
        """
            .formatted(
                tables.name(mapping.id()),
                names,
                values,
                arrays(columns),
                pageNames(columns),
                hadDeleted
                    ? """
                    where not exists (
                      select from %s as deleted
                      where deleted.project_id = ? and deleted.mapping = ? and deleted.key = %s
                        and deleted.version >= page.%s)
                    """
                        .formatted(
                            tables.name(Tables.DELETED), nameless(mapping), quoted(Tables.VERSION))
                    : "",
                keyNames(mapping),
                changes,
                quoted(Tables.VERSION));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, page.project());
      int next = bind(statement, 2, columns, rows);
      if (hadDeleted) {
        statement.setObject(next, page.project());
        statement.setString(next + 1, mapping.id());
      }
      statement.executeUpdate();
    }
  }

  /** Forgets the versions of deleted keys that are there again. */
  private void revive(Connection connection, Page page, List<Row> rows) throws SQLException {
    Mapping mapping = page.mapping();
    String sql =
        """
        delete from %s as deleted using unnest(%s) as page (%s)
        where deleted.project_id = ? and deleted.mapping = ? and deleted.key = %s
          and deleted.version < page.%s
        """
            .formatted(
                tables.name(Tables.DELETED),
                arrays(mapping.key()),
                pageNames(mapping.key()),
                nameless(mapping),
                quoted(Tables.VERSION));
    execute(connection, sql, page, rows, page.project(), mapping.id());
  }

  private void delete(Connection connection, Page page, List<Row> rows) throws SQLException {
    Mapping mapping = page.mapping();
    var same = new StringJoiner(" and ");
    mapping
        .key()
        .forEach(column -> same.add("held.%1$s = page.%1$s".formatted(quoted(column.name()))));
    execute(
        connection,
        """
        with page as materialized (select * from unnest(%s) as page (%s)), removed as (
          delete from %s as held using page
          where held.project_id = ? and %s and held.%s < page.%5$s
        )
        insert into %s as known (project_id, mapping, key, version)
        select ?, ?, %s, page.%5$s from page
        on conflict (project_id, mapping, key) do update set
          version = excluded.version, deleted_at = excluded.deleted_at
        where known.version < excluded.version
        """
            .formatted(
                arrays(mapping.key()),
                pageNames(mapping.key()),
                tables.name(mapping.id()),
                same,
                quoted(Tables.VERSION),
                tables.name(Tables.DELETED),
                nameless(mapping)),
        page,
        rows,
        page.project(),
        page.project(),
        mapping.id());
  }

  /** Runs a statement that takes keys with versions, and then other values. */
  private static void execute(
      Connection connection, String sql, Page page, List<Row> rows, Object... others)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int next = bind(statement, 1, page.mapping().key(), rows);
      for (Object other : others) {
        statement.setObject(next++, other);
      }
      statement.executeUpdate();
    }
  }

  /** The columns as arrays, and the versions. */
  private static int bind(
      PreparedStatement statement, int first, List<Column> columns, List<Row> rows)
      throws SQLException {
    Connection connection = statement.getConnection();
    int parameter = first;
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      var values = new @Nullable Object[rows.size()];
      for (int row = 0; row < values.length; row++) {
        values[row] = bound(column.type(), value(rows.get(row), i));
      }
      Array array = connection.createArrayOf(arrayType(column), values);
      statement.setArray(parameter++, array);
    }
    Object[] versions = rows.stream().map(Row::version).toArray();
    statement.setArray(parameter++, connection.createArrayOf("bigint", versions));
    return parameter;
  }

  private static @Nullable Object value(Row row, int column) {
    int keys = row.key().size();
    return column < keys ? row.key().get(column) : row.values().get(column - keys);
  }

  /** What has no array of its own that can be taken apart goes as text. */
  private static @Nullable Object bound(Column.Type type, @Nullable Object value) {
    if (value == null) {
      return null;
    }
    return switch (type) {
      case TIMESTAMP -> ((Instant) value).atOffset(ZoneOffset.UTC).toString();
      case TEXTS -> {
        @SuppressWarnings("unchecked")
        var texts = (List<String>) value;
        yield Columns.array(texts);
      }
      case UUID, TEXT, WORD, JSON, BOOLEAN, INTEGER, BIGINT, REAL, DOUBLE -> value;
    };
  }

  private static String arrayType(Column column) {
    return switch (column.type()) {
      case UUID -> "uuid";
      case TEXT, WORD, JSON, TEXTS -> "text";
      case TIMESTAMP -> "timestamptz";
      case BOOLEAN -> "boolean";
      case INTEGER -> "integer";
      case BIGINT -> "bigint";
      case REAL -> "float4";
      case DOUBLE -> "float8";
    };
  }

  private static String cast(Column column) {
    return switch (column.type()) {
      case JSON -> "::jsonb";
      case TEXTS -> "::text[]";
      case UUID, TEXT, WORD, TIMESTAMP, BOOLEAN, INTEGER, BIGINT, REAL, DOUBLE -> "";
    };
  }

  private static String arrays(List<Column> columns) {
    var arrays = new StringJoiner(", ");
    columns.forEach(column -> arrays.add("?::" + arrayType(column) + "[]"));
    return arrays.add("?::bigint[]").toString();
  }

  private static String pageNames(List<Column> columns) {
    var names = new StringJoiner(", ");
    columns.forEach(column -> names.add(quoted(column.name())));
    return names.add(quoted(Tables.VERSION)).toString();
  }

  private static String keyNames(Mapping mapping) {
    var names = new StringJoiner(", ").add("project_id");
    mapping.key().forEach(column -> names.add(quoted(column.name())));
    return names.toString();
  }

  /** What is kept of a deleted key. */
  private static String nameless(Mapping mapping) {
    return Hashes.nameless(mapping.key(), column -> "page." + quoted(column.name()));
  }

  @Override
  public void removeStale(UUID project, Mapping mapping, long belowVersion) throws SinkException {
    boolean isEverything = belowVersion == Long.MAX_VALUE;
    commit(connection -> {
      lock(connection, project, mapping);
      try (PreparedStatement statement =
          connection.prepareStatement(
              "update %s set floor = ? where project_id = ? and mapping = ? and floor < ?"
                  .formatted(tables.name(Tables.STATE)))) {
        statement.setLong(1, isEverything ? 0 : belowVersion);
        statement.setObject(2, project);
        statement.setString(3, mapping.id());
        statement.setLong(4, isEverything ? 0 : belowVersion);
        statement.executeUpdate();
      }
      if (isEverything) {
        forgetLoad(connection, project, mapping);
      }
      return isEverything;
    });
    removeInSlices(
        mapping,
        project,
        quoted(Tables.VERSION) + " < ?",
        (statement, first) -> statement.setLong(first, belowVersion));
    commit(connection -> {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "delete from %s where project_id = ? and mapping = ? and version < ?"
                  .formatted(tables.name(Tables.DELETED)))) {
        statement.setObject(1, project);
        statement.setString(2, mapping.id());
        statement.setLong(3, belowVersion);
        return statement.executeUpdate();
      }
    });
  }

  private void forgetLoad(Connection connection, UUID project, Mapping mapping)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "delete from %s where project_id = ? and mapping = ?"
                .formatted(tables.name(Tables.LOAD)))) {
      statement.setObject(1, project);
      statement.setString(2, mapping.id());
      statement.executeUpdate();
    }
  }

  @Override
  public void removeReceived(UUID project, Mapping mapping, Instant from, Instant to)
      throws SinkException {
    String received = quoted(String.valueOf(mapping.receivedAt()));
    removeInSlices(
        mapping,
        project,
        "%1$s >= ? and %1$s < ?".formatted(received),
        (statement, first) -> {
          statement.setObject(first, from.atOffset(ZoneOffset.UTC));
          statement.setObject(first + 1, to.atOffset(ZoneOffset.UTC));
        });
  }

  @FunctionalInterface
  private interface Binder {
    void bind(PreparedStatement statement, int first) throws SQLException;
  }

  /** A transaction for some rows each, so that none runs into the limit of its time. */
  private void removeInSlices(Mapping mapping, UUID project, String condition, Binder binder)
      throws SinkException {
    Optional<Slice> slice = Optional.of(new Slice(mapping, project, null, null));
    while (slice.isPresent()) {
      Slice last = slice.get();
      slice =
          commit(connection -> {
            lock(connection, project, mapping);
            Slice now = upTo(connection, last);
            try (PreparedStatement statement =
                connection.prepareStatement(
                    "delete from %s where %s and %s"
                        .formatted(tables.name(mapping.id()), now.condition(), condition))) {
              binder.bind(statement, now.bind(statement, 1));
              statement.executeUpdate();
            }
            return now.behind();
          });
    }
  }

  /**
   * Neighbours among a project's rows, by their keys.
   *
   * @param after the key before the first; null begins
   * @param last the key of the last; null goes to the end
   */
  private record Slice(
      Mapping mapping, UUID project, @Nullable List<Object> after, @Nullable List<Object> last) {

    String condition() {
      return "project_id = ?" + bound(after, ">") + bound(last, "<=");
    }

    private String bound(@Nullable List<Object> key, String comparison) {
      if (key == null) {
        return "";
      }
      var names = new StringJoiner(", ", "(", ")");
      var values = new StringJoiner(", ", "(", ")");
      mapping
          .key()
          .forEach(column -> {
            names.add(quoted(column.name()));
            values.add("?");
          });
      return " and %s %s %s".formatted(names, comparison, values);
    }

    /** Returns the number of the next parameter. */
    int bind(PreparedStatement statement, int first) throws SQLException {
      int parameter = first;
      statement.setObject(parameter++, project);
      for (List<Object> key : Stream.of(after, last).flatMap(Stream::ofNullable).toList()) {
        for (Object value : key) {
          statement.setObject(parameter++, value);
        }
      }
      return parameter;
    }

    /** What follows; nothing behind the end. */
    Optional<Slice> behind() {
      return last == null ? Optional.empty() : Optional.of(new Slice(mapping, project, last, null));
    }
  }

  /** The first rows of a slice that has no last. */
  private Slice upTo(Connection connection, Slice slice) throws SQLException {
    var names = new StringJoiner(", ");
    slice.mapping().key().forEach(column -> names.add(quoted(column.name())));
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select %1$s from %2$s where %3$s order by %1$s offset %4$d limit 1"
                .formatted(
                    names, tables.name(slice.mapping().id()), slice.condition(), SLICE - 1))) {
      slice.bind(statement, 1);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return slice;
        }
        var last = new ArrayList<Object>();
        for (int i = 1; i <= slice.mapping().key().size(); i++) {
          last.add(row.getObject(i));
        }
        return new Slice(slice.mapping(), slice.project(), slice.after(), last);
      }
    }
  }

  @Override
  public void tidy(Mapping mapping, Instant appliedBefore) throws SinkException {
    commit(connection -> {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "delete from %s where mapping = ? and deleted_at < ?"
                  .formatted(tables.name(Tables.DELETED)))) {
        statement.setString(1, mapping.id());
        statement.setObject(2, appliedBefore.atOffset(ZoneOffset.UTC));
        return statement.executeUpdate();
      }
    });
  }

  @Override
  public RangeSums sums(UUID project, Mapping mapping, List<KeyRange> ranges) throws SinkException {
    var sums = new Sum[ranges.size()];
    Arrays.fill(sums, Sum.NONE);
    Optional<Slice> slice = Optional.of(new Slice(mapping, project, null, null));
    while (slice.isPresent()) {
      Slice last = slice.get();
      slice =
          commit(connection -> {
            Slice now = upTo(connection, last);
            sum(connection, now, ranges, sums);
            return now.behind();
          });
    }
    return new RangeSums(List.of(sums));
  }

  private void sum(Connection connection, Slice slice, List<KeyRange> ranges, Sum[] sums)
      throws SQLException {
    Mapping mapping = slice.mapping();
    String sql =
        """
        select width_bucket(key_hash, ?::bigint[]) as range, count(*), sum(row_hash)
        from (select %s as key_hash, %s as row_hash from %s where %s) as hashed
        group by 1
        """
            .formatted(
                Hashes.key(mapping.key(), column -> quoted(column.name())),
                Hashes.row(mapping.all(), column -> quoted(column.name())),
                tables.name(mapping.id()),
                slice.condition());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(
          1, connection.createArrayOf("bigint", ranges.stream().map(KeyRange::from).toArray()));
      slice.bind(statement, 2);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          int range = rows.getInt(1) - 1;
          sums[range] =
              sums[range].plus(new Sum(rows.getLong(2), rows.getBigDecimal(3).longValue()));
        }
      }
    }
  }

  @Override
  public Map<List<Object>, Long> hashes(UUID project, Mapping mapping, KeyRange range)
      throws SinkException {
    var names = new StringJoiner(", ");
    mapping.key().forEach(column -> names.add(quoted(column.name())));
    String sql =
        "select %s, %s from %s where project_id = ? and %s between ? and ?"
            .formatted(
                names,
                Hashes.row(mapping.all(), column -> quoted(column.name())),
                tables.name(mapping.id()),
                Hashes.key(mapping.key(), column -> quoted(column.name())));
    return commit(connection -> {
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setObject(1, project);
        statement.setLong(2, range.from());
        statement.setLong(3, range.to() - 1);
        var hashes = new HashMap<List<Object>, Long>();
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            var key = new ArrayList<Object>();
            for (int i = 0; i < mapping.key().size(); i++) {
              key.add(rows.getObject(i + 1));
            }
            hashes.put(key, rows.getLong(mapping.key().size() + 1));
          }
        }
        return hashes;
      }
    });
  }

  @Override
  public boolean keepsJsonAsSent() {
    return false;
  }

  @Override
  public void close() {
    connections.close();
  }
}
