package dev.backspool.transfer;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.ByteArrayOutputStream;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON as a project file has it: snake_case, ISO times, no nulls, numbers as they were. */
final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .changeDefaultPropertyInclusion(
              always -> always.withValueInclusion(JsonInclude.Include.NON_NULL))
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private Json() {}

  /** A value as one line, its end included. */
  static byte[] line(Object value) {
    var line = new ByteArrayOutputStream();
    line.writeBytes(MAPPER.writeValueAsBytes(value));
    line.write('\n');
    return line.toByteArray();
  }

  /** A value over several lines, for entries that people read. */
  static byte[] page(Object value) {
    var page = new ByteArrayOutputStream();
    page.writeBytes(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(value));
    page.write('\n');
    return page.toByteArray();
  }

  /** A row of a query as one line, its end included: a member for each column that has a value. */
  static byte[] line(ResultSet row) throws SQLException {
    var line = new ByteArrayOutputStream();
    try (JsonGenerator out = MAPPER.createGenerator(line)) {
      ResultSetMetaData columns = row.getMetaData();
      out.writeStartObject();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        if (row.getObject(i) != null) {
          out.writeName(columns.getColumnLabel(i));
          write(out, row, i, columns.getColumnTypeName(i));
        }
      }
      out.writeEndObject();
    }
    line.write('\n');
    return line.toByteArray();
  }

  private static void write(JsonGenerator out, ResultSet row, int column, String type)
      throws SQLException {
    switch (type) {
      case "int4", "int8" -> out.writeNumber(row.getLong(column));
      case "float4" -> out.writeNumber(row.getFloat(column));
      case "bool" -> out.writeBoolean(row.getBoolean(column));
      case "text", "uuid" -> out.writeString(row.getString(column));
      case "timestamptz" ->
          out.writeString(row.getObject(column, OffsetDateTime.class).toInstant().toString());
      case "json", "jsonb" -> out.writeRawValue(row.getString(column));
      case "_text" -> {
        out.writeStartArray();
        for (String each : (String[]) row.getArray(column).getArray()) {
          out.writeString(each);
        }
        out.writeEndArray();
      }
      default -> throw new IllegalArgumentException("no JSON for a column of type " + type);
    }
  }

  static ArrayNode array(List<String> values) {
    ArrayNode array = MAPPER.createArrayNode();
    values.forEach(array::add);
    return array;
  }

  /** An object that somebody wrote; empty when the bytes are none. */
  static Optional<ObjectNode> object(byte[] json) {
    try {
      return MAPPER.readTree(json) instanceof ObjectNode object
          ? Optional.of(object)
          : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  /**
   * A value that somebody wrote.
   *
   * @throws JacksonException when the bytes are no such value; the message says where
   */
  static <T> T read(byte[] json, Class<T> type) {
    return MAPPER.readValue(json, type);
  }
}
