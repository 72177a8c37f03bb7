package dev.backspool.sync.duckdb;

import dev.backspool.sync.Column;
import dev.backspool.sync.KeyRange;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Page;
import dev.backspool.sync.Page.Row;
import dev.backspool.sync.RangeSums;
import dev.backspool.sync.RangeSums.Sum;
import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.math.BigInteger;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The columnar store as a destination. A page is one transaction: rows that are new, as nearly all
 * events are, go to where they stay by the appender; the others into a temporary table, and from
 * there to where they belong. No table has an index: rows are found by scans of their columns,
 * which a page's few keys narrow down.
 *
 * <p>One connection writes, one thread at a time.
 */
final class DuckDbSink implements Sink {
  private static final String VERSION = "sync_version";
  private static final String DELETED = "sync_deleted";
  private static final String FLOOR = "sync_floor";
  private static final String LOAD = "sync_load";
  private static final String IS_DELETED = "is_deleted";

  private static final int ROW_GROUP = 122_880;

  private final DuckDBConnection connection;
  private final ReentrantLock writing = new ReentrantLock();

  /** Names of the columns of the mappings' tables, in their order there. */
  private final Map<String, List<String>> tables = new ConcurrentHashMap<>();

  DuckDbSink(DuckDBConnection connection) {
    this.connection = connection;
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws SQLException;
  }

  /** All of it or nothing. */
  private <T> T commit(Work<T> work) throws SinkException {
    writing.lock();
    try {
      run("begin transaction");
      try {
        T result = work.run();
        run("commit");
        return result;
      } catch (SQLException | RuntimeException failure) {
        try {
          run("rollback");
        } catch (SQLException none) {
          failure.addSuppressed(none);
        }
        throw failure;
      }
    } catch (SQLException failure) {
      throw translate(failure);
    } finally {
      writing.unlock();
    }
  }

  /** A statement each: one that failed is closed by the driver. */
  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void run(String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, values);
      statement.executeUpdate();
    }
  }

  private static void bind(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
  }

  private static SinkException translate(SQLException failure) {
    String message = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    Kind kind;
    if (message.startsWith("Catalog Error") || message.startsWith("Binder Error")) {
      kind = Kind.SCHEMA_DRIFT;
    } else if (message.startsWith("Conversion Error")
        || message.startsWith("Constraint Error")
        || message.startsWith("Invalid Input Error")
        || message.startsWith("Out of Range Error")) {
      kind = Kind.REFUSED_ROW;
    } else {
      kind = Kind.UNREACHABLE;
    }
    // What follows a colon may quote a row.
    return new SinkException(
        kind, kind == Kind.REFUSED_ROW ? message.split(":", 2)[0] : message, failure);
  }

  @Override
  public Set<String> prepare(List<Mapping> mappings) throws SinkException {
    return commit(() -> {
      run(
          "create table if not exists %s (project_id uuid not null, mapping varchar not null, floor bigint not null)"
              .formatted(FLOOR));
      run(
          """
          create table if not exists %s (
            project_id uuid not null, mapping varchar not null, key varchar not null,
            version bigint not null, deleted_at timestamp not null)
          """
              .formatted(DELETED));
      run(
          "create table if not exists %s (project_id uuid not null, mapping varchar not null, version bigint not null)"
              .formatted(LOAD));
      var lacking = new HashSet<String>();
      for (Mapping mapping : mappings) {
        if (prepare(mapping)) {
          lacking.add(mapping.id());
          run("delete from %s where mapping = ?".formatted(LOAD), mapping.id());
        }
        stage(mapping);
        tables.put(mapping.id(), List.copyOf(columns(mapping.id()).keySet()));
      }
      return lacking;
    });
  }

  private boolean prepare(Mapping mapping) throws SQLException {
    Map<String, String> known = columns(mapping.id());
    boolean hasKey =
        mapping.key().stream().allMatch(column -> type(column).equals(known.get(column.name())))
            && known.containsKey(VERSION)
            && known.containsKey("project_id");
    if (!hasKey) {
      run("drop table if exists " + quoted(mapping.id()));
      var columns = new StringJoiner(", ").add("project_id uuid not null");
      mapping.all().forEach(column -> columns.add(quoted(column.name()) + " " + type(column)));
      run(
          "create table %s (%s, %s bigint not null)"
              .formatted(quoted(mapping.id()), columns, VERSION));
      return true;
    }
    boolean changed = false;
    for (Column column : mapping.columns()) {
      String type = known.get(column.name());
      if (type != null && !type.equals(type(column))) {
        run("alter table %s drop column %s".formatted(quoted(mapping.id()), quoted(column.name())));
        type = null;
      }
      if (type == null) {
        run(
            "alter table %s add column %s %s"
                .formatted(quoted(mapping.id()), quoted(column.name()), type(column)));
        changed = true;
      }
    }
    return changed;
  }

  /** Where pages wait within their transaction; JSON as the text that it is, to be checked. */
  private void stage(Mapping mapping) throws SQLException {
    var columns = new StringJoiner(", ").add("project_id uuid");
    for (Column column : mapping.all()) {
      columns.add(
          quoted(column.name())
              + " "
              + (column.type() == Column.Type.JSON ? "varchar" : type(column)));
    }
    run(
        "create or replace temp table %s (%s, %s bigint, %s boolean)"
            .formatted(stageName(mapping), columns, VERSION, IS_DELETED));
  }

  private static String stageName(Mapping mapping) {
    return "stage_" + mapping.id();
  }

  /** The types of a table's columns by their names, in their order. */
  private SequencedMap<String, String> columns(String table) throws SQLException {
    var columns = new LinkedHashMap<String, String>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select column_name, lower(data_type) from duckdb_columns() where schema_name = 'main' and table_name = ? and not internal and database_name = current_database() order by column_index")) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          columns.put(rows.getString(1), rows.getString(2));
        }
      }
    }
    return columns;
  }

  private static String type(Column column) {
    return switch (column.type()) {
      case UUID -> "uuid";
      case TEXT, WORD -> "varchar";
      case BOOLEAN -> "boolean";
      case INTEGER -> "integer";
      case BIGINT -> "bigint";
      case REAL -> "float";
      case DOUBLE -> "double";
      case TIMESTAMP -> "timestamp";
      case JSON -> "json";
      case TEXTS -> "varchar[]";
    };
  }

  private static String quoted(String name) {
    return '"' + name + '"';
  }

  @Override
  public void ping() throws SinkException {
    ask(own -> {
      try (Statement statement = own.createStatement()) {
        return statement.execute("select 1");
      }
    });
  }

  @Override
  public long begin(UUID project, Mapping mapping, long version) throws SinkException {
    return commit(() -> {
      long before = 0;
      try (PreparedStatement statement =
          connection.prepareStatement(
              "select max(version) from %s where project_id = ? and mapping = ?".formatted(LOAD))) {
        bind(statement, project, mapping.id());
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          before = row.getLong(1);
        }
      }
      run(
          "delete from %s where project_id = ? and mapping = ?".formatted(LOAD),
          project,
          mapping.id());
      run(
          "insert into %s values (?, ?, ?)".formatted(LOAD),
          project,
          mapping.id(),
          Math.max(before, version));
      return before;
    });
  }

  @Override
  public List<Load> loads() throws SinkException {
    return ask(own -> {
      try (Statement statement = own.createStatement();
          ResultSet rows =
              statement.executeQuery("select project_id, mapping, version from " + LOAD)) {
        var loads = new ArrayList<Load>();
        while (rows.next()) {
          loads.add(new Load(rows.getObject(1, UUID.class), rows.getString(2), rows.getLong(3)));
        }
        return loads;
      }
    });
  }

  /** So many are written at once to where they stay, and not to the log first. */
  @Override
  public int mostLoadRows() {
    return ROW_GROUP;
  }

  @Override
  public void apply(Page page) throws SinkException {
    commit(() -> {
      boolean hadDeleted = hasDeleted(page);
      long floor = floor(page);
      var added = new ArrayList<Row>();
      var others = new ArrayList<Row>();
      Predicate<Row> isNew = hadDeleted ? _ -> false : isNew(page);
      for (Row row : page.rows()) {
        if (row.version() >= floor) {
          (isNew.test(row) ? added : others).add(row);
        }
      }
      if (!added.isEmpty()) {
        Mapping mapping = page.mapping();
        try (DuckDBAppender appender = connection.createAppender("main", mapping.id())) {
          append(appender, page, added, tables.getOrDefault(mapping.id(), List.of()));
        }
      }
      if (!others.isEmpty()) {
        change(page, others, hadDeleted);
      }
      return page.rows().size();
    });
  }

  private void change(Page page, List<Row> rows, boolean hadDeleted) throws SQLException {
    Mapping mapping = page.mapping();
    String stage = stageName(mapping);
    String table = quoted(mapping.id());
    run("truncate " + stage);
    try (DuckDBAppender appender = connection.createAppender("temp", "main", stage)) {
      append(appender, page, rows, stageColumns(mapping));
    }
    if (hadDeleted) {
      run(
          """
          delete from %1$s using %2$s as known
          where known.project_id = ? and known.mapping = ? and known.key = %3$s
            and known.version >= %1$s.%4$s
          """
              .formatted(stage, DELETED, nameless(mapping, stage), VERSION),
          page.project(),
          mapping.id());
    }
    String same = same(page, rows, stage);
    run(
        "delete from %1$s using %2$s as held where %3$s and held.%4$s >= %1$s.%4$s"
            .formatted(stage, table, same, VERSION));
    run("delete from %s as held using %s where %s".formatted(table, stage, same));
    run(
        "insert into %s (project_id, %s, %s) select project_id, %2$s, %3$s from %4$s where not %5$s"
            .formatted(table, names(mapping.all()), VERSION, stage, IS_DELETED));
    if (hadDeleted) {
      run(
          "delete from %1$s as known using %2$s where known.project_id = ? and known.mapping = ? and known.key = %3$s"
              .formatted(DELETED, stage, nameless(mapping, stage)),
          page.project(),
          mapping.id());
    }
    if (rows.stream().anyMatch(Row::deleted)) {
      run(
          "insert into %s select project_id, '%s', %s, %s, now() at time zone 'UTC' from %s where %s"
              .formatted(
                  DELETED, mapping.id(), nameless(mapping, stage), VERSION, stage, IS_DELETED));
    }
  }

  private long floor(Page page) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select coalesce(max(floor), 0) from %s where project_id = ? and mapping = ?"
                .formatted(FLOOR))) {
      bind(statement, page.project(), page.mapping().id());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /**
   * Tells rows that were never here, where keys are numbers: those between the page's lowest and
   * highest that are held are few, as numbers grow.
   */
  private Predicate<Row> isNew(Page page) throws SQLException {
    Mapping mapping = page.mapping();
    Column key = mapping.key().getFirst();
    if (mapping.key().size() > 1 || key.type() != Column.Type.BIGINT) {
      return _ -> false;
    }
    LongSummaryStatistics bounds = numbers(page.rows());
    var held = new HashSet<Long>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select %1$s from %2$s where project_id = ? and %1$s between ? and ? limit ?"
                .formatted(quoted(key.name()), quoted(mapping.id())))) {
      bind(statement, page.project(), bounds.getMin(), bounds.getMax(), page.rows().size() + 1);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          held.add(rows.getLong(1));
        }
      }
    }
    return held.size() > page.rows().size()
        ? _ -> false
        : row -> !row.deleted() && !held.contains((long) row.key().getFirst());
  }

  private static LongSummaryStatistics numbers(List<Row> rows) {
    return rows.stream().mapToLong(row -> (long) row.key().getFirst()).summaryStatistics();
  }

  private static List<String> stageColumns(Mapping mapping) {
    var names = new ArrayList<String>();
    names.add("project_id");
    mapping.all().forEach(column -> names.add(column.name()));
    names.add(VERSION);
    names.add(IS_DELETED);
    return names;
  }

  /**
   * Appends rows.
   *
   * @param names of the columns of the table; one that the mapping does not know gets nothing
   */
  private static void append(DuckDBAppender appender, Page page, List<Row> rows, List<String> names)
      throws SQLException {
    List<Column> all = page.mapping().all();
    int keys = page.mapping().key().size();
    int[] places =
        names.stream()
            .mapToInt(name ->
                IntStream.range(0, all.size())
                    .filter(i -> all.get(i).name().equals(name))
                    .findFirst()
                    .orElse(-1))
            .toArray();
    for (Row row : rows) {
      appender.beginRow();
      for (int i = 0; i < places.length; i++) {
        int place = places[i];
        if (place >= keys) {
          append(appender, all.get(place), row.deleted() ? null : row.values().get(place - keys));
        } else if (place >= 0) {
          append(appender, all.get(place), row.key().get(place));
        } else {
          switch (names.get(i)) {
            case "project_id" -> appender.append(page.project());
            case VERSION -> appender.append(row.version());
            case IS_DELETED -> appender.append(row.deleted());
            default -> appender.appendNull();
          }
        }
      }
      appender.endRow();
    }
  }

  private static void append(DuckDBAppender appender, Column column, @Nullable Object value)
      throws SQLException {
    if (value == null) {
      appender.appendNull();
      return;
    }
    switch (column.type()) {
      case UUID -> appender.append((UUID) value);
      case TEXT, WORD, JSON -> appender.append((String) value);
      case BOOLEAN -> appender.append((boolean) value);
      case INTEGER -> appender.append((int) value);
      case BIGINT -> appender.append((long) value);
      case REAL -> appender.append((float) value);
      case DOUBLE -> appender.append((double) value);
      case TIMESTAMP -> {
        var time = (Instant) value;
        appender.appendEpochMicros(time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000);
      }
      case TEXTS -> appender.append((Collection<?>) value);
    }
  }

  private boolean hasDeleted(Page page) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select exists (select 1 from %s where project_id = ? and mapping = ?)"
                .formatted(DELETED))) {
      bind(statement, page.project(), page.mapping().id());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  /**
   * That a held row has the key of a waiting one; where keys are numbers, with their bounds told.
   */
  private static String same(Page page, List<Row> rows, String stage) {
    var same = new StringJoiner(" and ").add("held.project_id = %s.project_id".formatted(stage));
    same.add("held.project_id = '%s'::uuid".formatted(page.project()));
    for (Column column : page.mapping().key()) {
      same.add("held.%2$s = %1$s.%2$s".formatted(stage, quoted(column.name())));
    }
    Column first = page.mapping().key().getFirst();
    if (first.type() == Column.Type.BIGINT) {
      LongSummaryStatistics bounds = numbers(rows);
      same.add(
          "held.%s between %d and %d"
              .formatted(quoted(first.name()), bounds.getMin(), bounds.getMax()));
    }
    return same.toString();
  }

  private static String names(List<Column> columns) {
    var names = new StringJoiner(", ");
    columns.forEach(column -> names.add(quoted(column.name())));
    return names.toString();
  }

  /** What is kept of a deleted key: it names nobody. */
  private static String nameless(Mapping mapping, String table) {
    return "md5(%s)".formatted(text(mapping.key(), table + "."));
  }

  @Override
  public void removeStale(UUID project, Mapping mapping, long belowVersion) throws SinkException {
    commit(() -> {
      run(
          "delete from %s where project_id = ? and %s < ?".formatted(quoted(mapping.id()), VERSION),
          project,
          belowVersion);
      run(
          "delete from %s where project_id = ? and mapping = ? and version < ?".formatted(DELETED),
          project,
          mapping.id(),
          belowVersion);
      run(
          "delete from %s where project_id = ? and mapping = ?".formatted(FLOOR),
          project,
          mapping.id());
      if (belowVersion == Long.MAX_VALUE) {
        run(
            "delete from %s where project_id = ? and mapping = ?".formatted(LOAD),
            project,
            mapping.id());
      } else {
        run(
            "insert into %s values (?, ?, ?)".formatted(FLOOR),
            project,
            mapping.id(),
            belowVersion);
      }
      return true;
    });
  }

  @Override
  public void removeReceived(UUID project, Mapping mapping, Instant from, Instant to)
      throws SinkException {
    String received = quoted(String.valueOf(mapping.receivedAt()));
    commit(() -> {
      run(
          "delete from %s where project_id = ? and %s >= ? and %2$s < ?"
              .formatted(quoted(mapping.id()), received),
          project,
          LocalDateTime.ofInstant(from, ZoneOffset.UTC),
          LocalDateTime.ofInstant(to, ZoneOffset.UTC));
      return true;
    });
  }

  @Override
  public void tidy(Mapping mapping, Instant appliedBefore) throws SinkException {
    commit(() -> {
      run(
          "delete from %s where mapping = ? and deleted_at < ?".formatted(DELETED),
          mapping.id(),
          LocalDateTime.ofInstant(appliedBefore, ZoneOffset.UTC));
      return true;
    });
  }

  /** In a connection of its own: questions hold up no pages. */
  private <T> T ask(Question<T> question) throws SinkException {
    try (DuckDBConnection own = connection.duplicate()) {
      return question.ask(own);
    } catch (SQLException failure) {
      throw translate(failure);
    }
  }

  @FunctionalInterface
  private interface Question<T> {
    T ask(DuckDBConnection connection) throws SQLException;
  }

  @Override
  public RangeSums sums(UUID project, Mapping mapping, List<KeyRange> ranges) throws SinkException {
    String sql =
        """
        select ranges.number, count(*), sum(row_hash)
        from (select %s as key_hash, %s as row_hash from %s where project_id = ?) as hashed
        asof join (
          select unnest(range(%d)) as number, unnest([%s]::bigint[]) as begins
        ) as ranges on key_hash >= begins
        group by 1
        """
            .formatted(
                keyHash(mapping),
                rowHash(mapping),
                quoted(mapping.id()),
                ranges.size(),
                String.join(
                    ", ", ranges.stream().map(range -> Long.toString(range.from())).toList()));
    return ask(own -> {
      try (PreparedStatement statement = own.prepareStatement(sql)) {
        statement.setObject(1, project);
        var sums = new Sum[ranges.size()];
        Arrays.fill(sums, Sum.NONE);
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            sums[rows.getInt(1)] =
                new Sum(rows.getLong(2), new BigInteger(rows.getString(3)).longValue());
          }
        }
        return new RangeSums(List.of(sums));
      }
    });
  }

  @Override
  public Map<List<Object>, Long> hashes(UUID project, Mapping mapping, KeyRange range)
      throws SinkException {
    String sql =
        "select %s, %s::varchar from %s where project_id = ? and %s between ? and ?"
            .formatted(
                names(mapping.key()), rowHash(mapping), quoted(mapping.id()), keyHash(mapping));
    return ask(own -> {
      try (PreparedStatement statement = own.prepareStatement(sql)) {
        bind(statement, project, range.from(), range.to() - 1);
        var hashes = new HashMap<List<Object>, Long>();
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            var key = new ArrayList<Object>();
            for (int i = 0; i < mapping.key().size(); i++) {
              key.add(rows.getObject(i + 1));
            }
            hashes.put(key, new BigInteger(rows.getString(mapping.key().size() + 1)).longValue());
          }
        }
        return hashes;
      }
    });
  }

  private static String keyHash(Mapping mapping) {
    return "('0x' || left(md5(%s), 8))::bigint".formatted(text(mapping.key(), ""));
  }

  private static String rowHash(Mapping mapping) {
    return "('0x' || left(md5(%s), 16))::ubigint".formatted(text(mapping.all(), ""));
  }

  private static String text(List<Column> columns, String prefix) {
    var texts = new StringJoiner(" || ");
    for (Column column : columns) {
      String text = text(column.type(), prefix + quoted(column.name()));
      texts.add("coalesce(strlen(%1$s) || ':' || %1$s, '-')".formatted(text));
    }
    return texts.toString();
  }

  private static String text(Column.Type type, String value) {
    return switch (type) {
      case TEXT, WORD -> value;
      case UUID, JSON, INTEGER, BIGINT -> "%s::varchar".formatted(value);
      case BOOLEAN -> "case %s when true then 't' when false then 'f' end".formatted(value);
      case REAL, DOUBLE -> "round(%s::double * 1000000)::bigint::varchar".formatted(value);
      case TIMESTAMP -> "epoch_us(%s)::varchar".formatted(value);
      case TEXTS -> "array_to_string(%s, chr(30))".formatted(value);
    };
  }

  /** DuckDB locks its file. */
  @Override
  public boolean isExclusive() {
    return true;
  }

  @Override
  public void close() {
    writing.lock();
    try {
      connection.close();
    } catch (SQLException failure) {
      // What was committed is in the file.
    } finally {
      writing.unlock();
    }
  }
}
