package dev.backspool.enrich;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes small files in MaxMind's public format: a tree of address bits over rows. */
public final class MaxMindFile {
  private static final int UNSET = -1;
  private static final byte[] SEPARATOR = new byte[16];
  private static final byte[] MARKER = {
    (byte) 0xab, (byte) 0xcd, (byte) 0xef, 'M', 'a', 'x', 'M', 'i', 'n', 'd', '.', 'c', 'o', 'm'
  };

  /** Two branches each: another node, or the place of a row, told apart by the sign. */
  private final List<int[]> nodes = new ArrayList<>(List.of(new int[] {UNSET, UNSET}));

  private final ByteArrayOutputStream rows = new ByteArrayOutputStream();
  private final String type;

  public MaxMindFile(String type) {
    this.type = type;
  }

  /** Adds a row for a range such as {@code 203.0.113.0/24} or {@code 2001:db8::/32}. */
  public MaxMindFile with(String range, Map<String, ?> row) {
    String[] parts = range.split("/", -1);
    byte[] address = InetAddress.ofLiteral(parts[0]).getAddress();
    boolean old = address.length == 4;
    byte[] bits = new byte[16];
    System.arraycopy(address, 0, bits, 16 - address.length, address.length);
    int length = Integer.parseInt(parts[1]) + (old ? 96 : 0);
    int place = rows.size();
    write(rows, row);

    int node = 0;
    for (int bit = 0; bit < length; bit++) {
      int side = bits[bit / 8] >> (7 - bit % 8) & 1;
      if (bit == length - 1) {
        nodes.get(node)[side] = -2 - place;
      } else {
        if (nodes.get(node)[side] == UNSET) {
          nodes.add(new int[] {UNSET, UNSET});
          nodes.get(node)[side] = nodes.size() - 1;
        }
        node = nodes.get(node)[side];
      }
    }
    return this;
  }

  /** Writes the file, and returns it. */
  public Path to(Path file) throws IOException {
    var out = new ByteArrayOutputStream();
    for (int[] node : nodes) {
      for (int branch : node) {
        int record = branch;
        if (branch == UNSET) {
          record = nodes.size();
        } else if (branch < UNSET) {
          record = nodes.size() + SEPARATOR.length + (-2 - branch);
        }
        out.writeBytes(ByteBuffer.allocate(4).putInt(record).array());
      }
    }
    out.writeBytes(SEPARATOR);
    out.writeBytes(rows.toByteArray());
    out.writeBytes(MARKER);
    write(
        out,
        Map.of(
            "node_count",
            nodes.size(),
            "record_size",
            (short) 32,
            "ip_version",
            (short) 6,
            "database_type",
            type,
            "languages",
            List.of("en"),
            "binary_format_major_version",
            (short) 2,
            "binary_format_minor_version",
            (short) 0,
            "build_epoch",
            1_790_000_000L,
            "description",
            Map.of("en", "made by a test")));
    return Files.write(file, out.toByteArray());
  }

  private static void write(ByteArrayOutputStream out, Object value) {
    switch (value) {
      case String text -> {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        head(out, 2, bytes.length);
        out.writeBytes(bytes);
      }
      case Double number -> {
        head(out, 3, 8);
        out.writeBytes(ByteBuffer.allocate(8).putDouble(number).array());
      }
      case Short number -> {
        head(out, 5, 2);
        out.writeBytes(ByteBuffer.allocate(2).putShort(number).array());
      }
      case Integer number -> {
        head(out, 6, 4);
        out.writeBytes(ByteBuffer.allocate(4).putInt(number).array());
      }
      case Long number -> {
        head(out, 9, 8);
        out.writeBytes(ByteBuffer.allocate(8).putLong(number).array());
      }
      case Map<?, ?> map -> {
        head(out, 7, map.size());
        map.forEach((name, item) -> {
          write(out, name);
          write(out, item);
        });
      }
      case List<?> list -> {
        head(out, 11, list.size());
        list.forEach(item -> write(out, item));
      }
      default -> throw new IllegalArgumentException(value.getClass().getName());
    }
  }

  private static void head(ByteArrayOutputStream out, int type, int size) {
    int shortSize = Math.min(size, 29);
    out.write((type > 7 ? 0 : type) << 5 | shortSize);
    if (type > 7) {
      out.write(type - 7);
    }
    if (shortSize == 29) {
      out.write(size - 29);
    }
  }
}
