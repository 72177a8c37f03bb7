package dev.backspool.query.duckdb;

import dev.backspool.query.Answer;
import dev.backspool.query.Queries;
import dev.backspool.query.QueryFailure;
import dev.backspool.query.QueryFailure.Kind;
import dev.backspool.query.Rows;
import dev.backspool.query.Store;
import dev.backspool.query.sql.Dialect;
import dev.backspool.query.sql.Statement;
import dev.backspool.sync.duckdb.DuckDb;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process's own DuckDB file. Each query has a connection and a read-only transaction of its
 * own; its rows are read as they are made, so that a large result fills no memory.
 */
public final class DuckDbStore implements Store {
  private static final Logger LOG = LoggerFactory.getLogger(DuckDbStore.class);
  private static final String BINDER = "Binder Error: ";

  private final DuckDb file;
  private final Dialect dialect = new DuckDbDialect();

  /** Asks an open file. */
  public DuckDbStore(DuckDb file) {
    this.file = file;
  }

  @Override
  public String name() {
    return "duckdb";
  }

  @Override
  public Dialect dialect() {
    return dialect;
  }

  @Override
  public Asked ask(Statement statement, UUID project, String queryId, Duration most) {
    return new Reading(statement, project);
  }

  private final class Reading implements Asked {
    private final Statement statement;
    private final UUID project;
    private @Nullable PreparedStatement running;
    private boolean cancelled;

    Reading(Statement statement, UUID project) {
      this.statement = statement;
      this.project = project;
    }

    @Override
    public void read(Rows rows) {
      try (Connection connection = file.connect()) {
        run(connection, "begin transaction read only");
        try {
          SecondOpinion.check(serialized(connection), project);
          read(connection, rows);
        } finally {
          rollback(connection);
        }
      } catch (SQLException failure) {
        throw translate(failure);
      } catch (SecondOpinion.Objection objection) {
        LOG.error("A query was not asked: {}", objection.getMessage());
        throw QueryFailure.of(Kind.REFUSED, "This cannot be asked");
      }
    }

    private String serialized(Connection connection) throws SQLException {
      try (PreparedStatement asked = connection.prepareStatement("select json_serialize_sql(?)")) {
        asked.setString(1, statement.sql());
        try (ResultSet row = asked.executeQuery()) {
          row.next();
          return row.getString(1);
        }
      }
    }

    private void read(Connection connection, Rows rows) throws SQLException {
      try (PreparedStatement asked = connection.prepareStatement(statement.sql())) {
        for (Statement.Bound bound : statement.bound()) {
          asked.setObject(bound.number(), bound.value());
        }
        begin(asked);
        try (ResultSet found = asked.executeQuery()) {
          ResultSetMetaData about = found.getMetaData();
          int width = about.getColumnCount() - 1;
          var columns = new ArrayList<Answer.Column>();
          for (int i = 1; i <= width; i++) {
            columns.add(new Answer.Column(about.getColumnLabel(i), about.getColumnTypeName(i)));
          }
          rows.columns(columns);
          while (found.next()) {
            if (found.getBoolean(width + 1)) {
              throw QueryFailure.of(
                  Kind.TOO_LARGE,
                  "The result has a value of more than %d MiB".formatted(Queries.MOST_BYTES >> 20));
            }
            var values = new ArrayList<@Nullable Object>(width);
            for (int i = 1; i <= width; i++) {
              values.add(value(found, i, columns.get(i - 1).type().equals("TIMESTAMP")));
            }
            rows.add(values);
          }
        } finally {
          end();
        }
      }
    }

    private synchronized void begin(PreparedStatement asked) throws SQLException {
      if (cancelled) {
        throw new SQLException("cancelled");
      }
      running = asked;
    }

    private synchronized void end() {
      running = null;
    }

    @Override
    public synchronized void cancel() {
      cancelled = true;
      if (running != null) {
        try {
          running.cancel();
        } catch (SQLException failure) {
          LOG.debug("A query was not to be cancelled: {}", failure.getMessage());
        }
      }
    }
  }

  /**
   * Where that fails the connection ends the transaction, and what failed before is what counts.
   */
  private static void rollback(Connection connection) {
    try {
      run(connection, "rollback");
    } catch (SQLException failure) {
      LOG.debug("A query's transaction was not rolled back: {}", failure.getMessage());
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (java.sql.Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** A column without a zone is read without one: that of the machine has hours that are none. */
  private static @Nullable Object value(ResultSet found, int column, boolean isTime)
      throws SQLException {
    return isTime
        ? value(found.getObject(column, LocalDateTime.class))
        : value(found.getObject(column));
  }

  private static @Nullable Object value(@Nullable Object value) throws SQLException {
    return switch (value) {
      case null -> null;
      case Timestamp time -> value(time.toLocalDateTime());
      case LocalDateTime time -> time.toInstant(ZoneOffset.UTC).toString();
      case Float number -> Double.valueOf(number.toString());
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case Array array -> {
        var list = new ArrayList<@Nullable Object>();
        for (Object each : (Object[]) array.getArray()) {
          list.add(value(each));
        }
        yield list;
      }
      default -> value;
    };
  }

  /**
   * What the store says goes to nobody, with one exception: what it finds before it looks at any
   * row, of types and of what is grouped. When rows are read one by one it tells no reason anyhow.
   */
  private static QueryFailure translate(SQLException failure) {
    String message = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    if (message.startsWith(BINDER)) {
      return QueryFailure.of(Kind.FAILED, message.substring(BINDER.length()));
    }
    LOG.debug("A query failed: {}", message);
    return QueryFailure.of(
        Kind.FAILED,
        message.startsWith("Out of Memory")
            ? "The query needs more memory than it may have"
            : "The query failed while it ran: perhaps a value that cannot be cast, a number out of"
                + " range, a text or list of many rows that is too long, or more memory than it may"
                + " have");
  }
}
