package dev.backspool.postgres;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;

/**
 * Binds rows to a statement column by column, as the arrays that {@code unnest} takes: one round
 * trip and one plan whatever the number of rows. Each call binds the next parameter.
 */
public final class Columns<T> {
  private final PreparedStatement statement;
  private final PGConnection arrays;
  private final List<T> rows;
  private int parameter;

  public Columns(PreparedStatement statement, List<T> rows) throws SQLException {
    this(statement, rows, 1);
  }

  /**
   * Binds to a statement that has other parameters before.
   *
   * @param first number of the first parameter to bind, from 1
   */
  public Columns(PreparedStatement statement, List<T> rows, int first) throws SQLException {
    this.parameter = first - 1;
    this.statement = statement;
    this.arrays = statement.getConnection().unwrap(PGConnection.class);
    this.rows = rows;
  }

  /**
   * Has the statement planned anew each time: for those with a choice of indexes, where a plan made
   * while the table was young could take the wrong one for as long as the connection lives.
   */
  public Columns<T> plannedAnew() throws SQLException {
    statement.unwrap(PGStatement.class).setPrepareThreshold(0);
    return this;
  }

  public Columns<T> uuids(Function<T, UUID> value) throws SQLException {
    return bind("uuid", rows.stream().map(value).toArray(UUID[]::new));
  }

  public Columns<T> text(Function<T, @Nullable String> value) throws SQLException {
    var column = new @Nullable String[rows.size()];
    for (int i = 0; i < column.length; i++) {
      column[i] = value.apply(rows.get(i));
    }
    return bind("text", column);
  }

  public Columns<T> longs(ToLongFunction<T> value) throws SQLException {
    return bind("int8", rows.stream().mapToLong(value).toArray());
  }

  public Columns<T> nullableLongs(Function<T, @Nullable Long> value) throws SQLException {
    var column = new @Nullable Long[rows.size()];
    for (int i = 0; i < column.length; i++) {
      column[i] = value.apply(rows.get(i));
    }
    return bind("int8", column);
  }

  public Columns<T> ints(ToIntFunction<T> value) throws SQLException {
    return bind("int4", rows.stream().mapToInt(value).toArray());
  }

  public Columns<T> booleans(Predicate<T> value) throws SQLException {
    var column = new boolean[rows.size()];
    for (int i = 0; i < column.length; i++) {
      column[i] = value.test(rows.get(i));
    }
    return bind("bool", column);
  }

  /**
   * A PostgreSQL array written as text, for columns whose rows hold arrays of different lengths:
   * the statement casts it to {@code text[]}.
   */
  public static String array(Collection<String> values) {
    var text = new StringBuilder("{");
    for (String value : values) {
      if (text.length() > 1) {
        text.append(',');
      }
      text.append('"').append(value.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
    }
    return text.append('}').toString();
  }

  public Columns<T> bytes(Function<T, byte @Nullable []> value) throws SQLException {
    var column = new byte[rows.size()] @Nullable [];
    for (int i = 0; i < column.length; i++) {
      column[i] = value.apply(rows.get(i));
    }
    return bind("bytea", column);
  }

  private Columns<T> bind(String type, Object column) throws SQLException {
    statement.setArray(++parameter, arrays.createArrayOf(type, column));
    return this;
  }
}
