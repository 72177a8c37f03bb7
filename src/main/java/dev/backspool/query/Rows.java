package dev.backspool.query;

import dev.backspool.query.QueryFailure.Kind;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The rows of an answer, as JSON, while they come: so many and no more. One thread. */
public final class Rows {
  /** As large as a whole number can be that every reader of JSON keeps. */
  private static final BigInteger EXACT = BigInteger.ONE.shiftLeft(53);

  private static final JsonFactory JSON = new JsonFactory();

  private final int mostRows;
  private final int mostBytes;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final JsonGenerator json;
  private List<Answer.Column> columns = List.of();
  private int count;

  Rows(int mostRows, int mostBytes) {
    this.mostRows = mostRows;
    this.mostBytes = mostBytes;
    this.json = JSON.createGenerator(ObjectWriteContext.empty(), bytes);
    json.writeStartArray();
  }

  /** What the rows consist of; told before the first. */
  public void columns(List<Answer.Column> columns) {
    this.columns = List.copyOf(columns);
  }

  /**
   * Takes a row.
   *
   * @param values in the order of the columns: texts, numbers, booleans, lists of such, null
   * @throws QueryFailure when there are too many
   */
  public void add(List<@Nullable Object> values) {
    if (++count > mostRows) {
      throw QueryFailure.of(
          Kind.TOO_LARGE, "The result has more than " + mostRows + " rows: add a LIMIT");
    }
    json.writeStartObject();
    for (int i = 0; i < values.size(); i++) {
      json.writeName(columns.get(i).name());
      write(values.get(i));
    }
    json.writeEndObject();
    json.flush();
    room(0);
  }

  /** Before a value is written, as one alone may be larger than all that there may be. */
  private void room(int more) {
    if (bytes.size() + (long) more > mostBytes) {
      throw QueryFailure.of(
          Kind.TOO_LARGE, "The result has more than " + (mostBytes >> 20) + " MiB");
    }
  }

  private void write(@Nullable Object value) {
    room(value instanceof String text ? text.length() : 0);
    switch (value) {
      case null -> json.writeNull();
      case Boolean flag -> json.writeBoolean(flag);
      case BigInteger number when number.abs().compareTo(EXACT) > 0 ->
          json.writeString(number.toString());
      case BigInteger number -> json.writeNumber(number);
      case Long number -> write(BigInteger.valueOf(number));
      case Integer number -> json.writeNumber(number);
      case BigDecimal number -> json.writeNumber(number);
      case Double number when !Double.isFinite(number) -> json.writeNull();
      case Double number -> json.writeNumber(number);
      case List<?> list -> {
        json.writeStartArray();
        list.forEach(this::write);
        json.writeEndArray();
      }
      default -> json.writeString(value.toString());
    }
  }

  List<Answer.Column> columns() {
    return columns;
  }

  int count() {
    return count;
  }

  byte[] json() {
    json.writeEndArray();
    json.close();
    return bytes.toByteArray();
  }
}
