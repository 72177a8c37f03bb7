package dev.backspool.postgres;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Rows in PostgreSQL's binary COPY form (PostgreSQL manual, "COPY", binary format): the cheapest
 * way in for many rows. Each row begins with {@link #row}, then a call for each column in order.
 */
public final class CopyRows {
  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };
  private static final long MICROS_1970_TO_2000 = 946_684_800_000_000L;
  private static final int TEXT_OID = 25;
  private static final int NULL = -1;

  private final String table;
  private final List<String> columns;
  private ByteBuffer out;
  private int rows;

  /**
   * Starts without rows.
   *
   * @param columns in the order in which each row gives them
   */
  public CopyRows(String table, List<String> columns) {
    this.table = table;
    this.columns = columns;
    out = ByteBuffer.allocate(1 << 14).put(SIGNATURE);
  }

  /** Begins the next row. */
  public CopyRows row() {
    room(2).putShort((short) columns.size());
    rows++;
    return this;
  }

  public CopyRows uuid(@Nullable UUID value) {
    if (value == null) {
      return none();
    }
    room(20)
        .putInt(16)
        .putLong(value.getMostSignificantBits())
        .putLong(value.getLeastSignificantBits());
    return this;
  }

  public CopyRows longs(@Nullable Long value) {
    return value == null ? none() : eight(value);
  }

  public CopyRows real(@Nullable Float value) {
    if (value == null) {
      return none();
    }
    room(8).putInt(4).putFloat(value);
    return this;
  }

  /** A moment, kept to the microsecond. */
  public CopyRows instant(Instant value) {
    return eight(
        value.getEpochSecond() * 1_000_000 + value.getNano() / 1_000 - MICROS_1970_TO_2000);
  }

  public CopyRows text(@Nullable String value) {
    if (value == null) {
      return none();
    }
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    room(4 + utf8.length).putInt(utf8.length).put(utf8);
    return this;
  }

  /** An array of texts without nulls. */
  public CopyRows texts(List<String> values) {
    int start = room(12).position();
    out.putInt(0).putInt(values.isEmpty() ? 0 : 1).putInt(0);
    room(12).putInt(TEXT_OID);
    if (!values.isEmpty()) {
      out.putInt(values.size()).putInt(1);
      values.forEach(this::text);
    }
    out.putInt(start, out.position() - start - 4);
    return this;
  }

  /** Copies the rows into the table. */
  public void copy(Connection connection) throws SQLException {
    if (rows == 0) {
      return;
    }
    room(2).putShort((short) -1);
    var copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn(
                "copy %s (%s) from stdin (format binary)"
                    .formatted(table, String.join(", ", columns)));
    try {
      copy.writeToCopy(out.array(), 0, out.position());
      copy.endCopy();
    } finally {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
  }

  private CopyRows none() {
    room(4).putInt(NULL);
    return this;
  }

  private CopyRows eight(long value) {
    room(12).putInt(8).putLong(value);
    return this;
  }

  private ByteBuffer room(int more) {
    if (out.remaining() < more) {
      int size = Math.max(out.capacity() * 2, out.position() + more);
      out = ByteBuffer.wrap(Arrays.copyOf(out.array(), size)).position(out.position());
    }
    return out;
  }
}
