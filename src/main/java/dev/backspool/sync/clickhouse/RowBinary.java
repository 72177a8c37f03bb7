package dev.backspool.sync.clickhouse;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Writes values as ClickHouse's format RowBinary has them: little endian, sizes before texts. */
final class RowBinary extends ByteArrayOutputStream {
  private final ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

  /** A size, seven bits a byte, the lowest first. */
  void size(int value) {
    int rest = value;
    while (rest > 0x7f) {
      write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    write(rest);
  }

  void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    size(utf8.length);
    writeBytes(utf8);
  }

  void flag(boolean value) {
    write(value ? 1 : 0);
  }

  void int32(int value) {
    number.putInt(0, value);
    write(number.array(), 0, Integer.BYTES);
  }

  void int64(long value) {
    number.putLong(0, value);
    write(number.array(), 0, Long.BYTES);
  }

  void float32(float value) {
    int32(Float.floatToRawIntBits(value));
  }

  void float64(double value) {
    int64(Double.doubleToRawLongBits(value));
  }

  void uuid(UUID value) {
    int64(value.getMostSignificantBits());
    int64(value.getLeastSignificantBits());
  }
}
