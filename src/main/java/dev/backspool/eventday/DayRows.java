package dev.backspool.eventday;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Events in PostgreSQL, as lines and back. */
public final class DayRows {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int INSERTED_AT_ONCE = 2_000;

  /** A page ends with the event that makes it larger. */
  static final int PAGE_BYTES = 8 << 20;

  /** The driver holds so many at a time, each of which may have a mebibyte and more. */
  private static final int FETCHED = 50;

  /** A column of the table, and how a line has it. */
  private enum Column {
    ID("bigint"),
    AT("timestamptz"),
    RECEIVED_AT("timestamptz"),
    NAME("text"),
    SESSION_ID("uuid"),
    DEVICE_ID("text"),
    PROFILE_ID("text"),
    PATH("text"),
    ORIGIN("text"),
    REFERRER("text"),
    REFERRER_NAME("text"),
    REFERRER_TYPE("text"),
    REVENUE("bigint"),
    DURATION_MS("bigint"),
    COUNTRY("text"),
    REGION("text"),
    CITY("text"),
    LATITUDE("real"),
    LONGITUDE("real"),
    OS("text"),
    OS_VERSION("text"),
    BROWSER("text"),
    BROWSER_VERSION("text"),
    DEVICE("text"),
    BRAND("text"),
    MODEL("text"),
    SDK_NAME("text"),
    SDK_VERSION("text"),
    GROUPS("text[]"),
    PROPERTIES("json");

    private final String type;
    private final String code = name().toLowerCase(Locale.ROOT);

    Column(String type) {
      this.type = type;
    }

    /** Its name in SQL and JSON. */
    String code() {
      return code;
    }
  }

  private static final Column[] COLUMNS = Column.values();

  private DayRows() {}

  /**
   * The next events of a project, in order: as many as are wanted, or some megabytes of them.
   *
   * @param connection in a transaction, or all of them are held at once
   * @param table that they lie in, by its name
   * @param after the last one before; null begins
   * @return none only behind the last
   */
  public static List<EventLine> after(
      Connection connection, String table, UUID project, @Nullable EventLine after, int most)
      throws SQLException {
    var columns = new StringJoiner(", ");
    for (Column column : COLUMNS) {
      columns.add(column.code());
    }
    String sql =
        """
        select %s from %s
        where project_id = ? and received_at >= ? and (received_at, id) > (?, ?)
        order by received_at, id
        limit ?
        """
            .formatted(columns, table);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Instant from = after == null ? Instant.EPOCH : after.receivedAt();
      statement.setObject(1, project);
      statement.setObject(2, from.atOffset(ZoneOffset.UTC));
      statement.setObject(3, from.atOffset(ZoneOffset.UTC));
      statement.setLong(4, after == null ? Long.MIN_VALUE : after.id());
      statement.setInt(5, most);
      statement.setFetchSize(FETCHED);
      var lines = new ArrayList<EventLine>();
      long bytes = 0;
      try (ResultSet rows = statement.executeQuery()) {
        while (bytes < PAGE_BYTES && rows.next()) {
          EventLine line = line(rows);
          lines.add(line);
          bytes += line.json().length;
        }
      }
      return lines;
    }
  }

  private static EventLine line(ResultSet row) throws SQLException {
    var line = new ByteArrayOutputStream(512);
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), line)) {
      out.writeStartObject();
      for (Column column : COLUMNS) {
        write(out, row, column);
      }
      out.writeEndObject();
    }
    line.write('\n');
    return new EventLine(
        line.toByteArray(),
        row.getObject(Column.RECEIVED_AT.code(), OffsetDateTime.class).toInstant(),
        row.getLong(Column.ID.code()),
        row.getString(Column.NAME.code()),
        row.getString(Column.SESSION_ID.code()),
        row.getString(Column.DEVICE_ID.code()),
        row.getString(Column.PROFILE_ID.code()));
  }

  private static void write(JsonGenerator out, ResultSet row, Column column) throws SQLException {
    String at = column.code();
    switch (column.type) {
      case "bigint" -> {
        long value = row.getLong(at);
        if (!row.wasNull()) {
          out.writeNumberProperty(at, value);
        }
      }
      case "real" -> {
        float value = row.getFloat(at);
        if (!row.wasNull()) {
          out.writeNumberProperty(at, value);
        }
      }
      case "timestamptz" -> {
        OffsetDateTime value = row.getObject(at, OffsetDateTime.class);
        out.writeStringProperty(at, value.toInstant().toString());
      }
      case "text[]" -> {
        var array = row.getArray(at);
        if (array != null) {
          out.writeArrayPropertyStart(at);
          for (String each : (String[]) array.getArray()) {
            out.writeString(each);
          }
          out.writeEndArray();
        }
      }
      case "json" -> {
        out.writeName(at);
        // A line has no line's end within: in JSON it means no more than a blank.
        out.writeRawValue(row.getString(at).replace('\n', ' ').replace('\r', ' '));
      }
      default -> {
        String value = row.getString(at);
        if (value != null) {
          out.writeStringProperty(at, value);
        }
      }
    }
  }

  /** Puts events back among the rows, in the caller's transaction. */
  public static void insert(Connection connection, UUID project, List<EventLine> lines)
      throws SQLException {
    var columns = new StringJoiner(", ");
    var typed = new StringJoiner(", ");
    var values = new StringJoiner(", ");
    for (Column column : COLUMNS) {
      columns.add(column.code());
      typed.add(column.code() + " " + column.type);
      values.add(column == Column.PROPERTIES ? "properties::text" : column.code());
    }
    String sql =
        "insert into event (project_id, %s) select ?, %s from json_to_recordset(?::json) as line (%s) order by received_at, id"
            .formatted(columns, values, typed);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int from = 0; from < lines.size(); from += INSERTED_AT_ONCE) {
        var array = new StringJoiner(",", "[", "]");
        lines
            .subList(from, Math.min(lines.size(), from + INSERTED_AT_ONCE))
            .forEach(line -> array.add(new String(line.json(), StandardCharsets.UTF_8)));
        statement.setObject(1, project);
        statement.setString(2, array.toString());
        statement.executeUpdate();
      }
    }
  }
}
