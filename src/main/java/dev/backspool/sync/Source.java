package dev.backspool.sync;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What the triggers note keys of, and how a key is written in {@code sync_key}. The numbers are
 * those that the migrations give to {@code sync_track}, and never change.
 */
public enum Source {
  PROJECT(1, Part.UUID, 1),
  WRITE_KEY(2, Part.TEXT, 1),
  PROFILE(3, Part.TEXT, 1),
  GROUP(4, Part.TEXT, 1),
  MEMBERSHIP(5, Part.TEXT, 2),
  SESSION(6, Part.UUID, 1),
  RECORDING(7, Part.UUID, 1),
  /** Its rows come in bulk, and only what changes or goes later has a key. */
  EVENT(8, Part.LONG, 1);

  private enum Part {
    UUID,
    LONG,
    TEXT
  }

  private final int number;
  private final Part part;
  private final int parts;

  Source(int number, Part part, int parts) {
    this.number = number;
    this.part = part;
    this.parts = parts;
  }

  /** As {@code sync_key.source} has it. */
  public int number() {
    return number;
  }

  /** The values of a key as the columns of a mapping have them. */
  List<Object> read(byte[] key) {
    var bytes = ByteBuffer.wrap(key);
    var values = new ArrayList<Object>(parts);
    for (int i = 1; i <= parts; i++) {
      values.add(
          switch (part) {
            case UUID -> new UUID(bytes.getLong(), bytes.getLong());
            case LONG -> bytes.getLong();
            case TEXT -> text(bytes, i < parts ? bytes.getInt() : bytes.remaining());
          });
    }
    return List.copyOf(values);
  }

  private static String text(ByteBuffer bytes, int length) {
    byte[] utf8 = new byte[length];
    bytes.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /**
   * The key of a row whose key columns hold these values; of texts all but the last tell their
   * length.
   */
  byte[] write(List<?> values) {
    var bytes = new ByteArrayOutputStream();
    var number = ByteBuffer.allocate(16);
    for (int i = 1; i <= parts; i++) {
      Object value = values.get(i - 1);
      number.clear();
      switch (part) {
        case UUID -> {
          var id = (UUID) value;
          number.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
          bytes.write(number.array(), 0, 16);
        }
        case LONG -> bytes.write(number.putLong((long) value).array(), 0, 8);
        case TEXT -> {
          byte[] utf8 = ((String) value).getBytes(StandardCharsets.UTF_8);
          if (i < parts) {
            bytes.write(number.putInt(utf8.length).array(), 0, 4);
          }
          bytes.writeBytes(utf8);
        }
      }
    }
    return bytes.toByteArray();
  }
}
