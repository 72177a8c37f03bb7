package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
import dev.backspool.sync.Page;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a page in RowBinaryWithNamesAndTypes. The server holds names and types against its own,
 * so a table that was changed refuses them instead of taking one value for another.
 */
final class Encoded {
  private final RowBinary bytes = new RowBinary();

  /**
   * Encodes some rows of a page.
   *
   * @param types by the names of the columns, in their order
   * @throws SinkException as a refused row, when a value is none of its column
   */
  Encoded(Page page, List<Page.Row> rows, SequencedMap<String, String> types) throws SinkException {
    bytes.size(types.size());
    types.keySet().forEach(bytes::text);
    types.values().forEach(bytes::text);
    for (Page.Row row : rows) {
      write(page, row);
    }
  }

  private void write(Page page, Page.Row row) throws SinkException {
    bytes.uuid(page.project());
    write(page.mapping().key(), row.key());
    if (row.deleted()) {
      page.mapping().columns().forEach(column -> Types.writeNothing(bytes, column));
    } else {
      write(page.mapping().columns(), row.values());
    }
    bytes.int64(row.version());
    bytes.flag(row.deleted());
  }

  private void write(List<Column> columns, List<? extends @Nullable Object> values)
      throws SinkException {
    if (columns.size() != values.size()) {
      throw new SinkException(
          Kind.REFUSED_ROW,
          "A row has %d values for %d columns".formatted(values.size(), columns.size()),
          null);
    }
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      try {
        Types.write(bytes, column, values.get(i));
      } catch (ClassCastException | IllegalArgumentException | ArithmeticException failure) {
        // Not as the cause: it may repeat the value.
        throw new SinkException(
            Kind.REFUSED_ROW,
            "%s has no value of type %s".formatted(column.name(), column.type()),
            null);
      }
    }
  }

  void writeTo(OutputStream out) throws IOException {
    bytes.writeTo(out);
    out.flush();
  }
}
