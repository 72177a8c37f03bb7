package dev.backspool.recording;

import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.rrweb.PayloadWriter;
import dev.backspool.rrweb.Slice;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A frame's events, known to be whole: a line of JSON each. As they were uploaded, compressed, or
 * as they came out of the archive, as lines; whoever reads them need not know.
 */
public final class Payload {
  private final byte @Nullable [] stored;
  private final byte @Nullable [] lines;
  private final int rawBytes;
  private final int crc32c;

  private Payload(byte @Nullable [] stored, byte @Nullable [] lines, int rawBytes, int crc32c) {
    this.stored = stored;
    this.lines = lines;
    this.rawBytes = rawBytes;
    this.crc32c = crc32c;
  }

  /**
   * An upload as it is stored. Reads it through to its checksum.
   *
   * @param zstd one zstd frame; do not change the array
   * @throws DamagedPayload when the bytes are not those that were written
   */
  static Payload stored(byte[] zstd, int rawBytes) throws DamagedPayload {
    var crc = new CRC32C();
    try {
      writeLines(zstd, rawBytes, new CheckedOutputStream(OutputStream.nullOutputStream(), crc));
    } catch (DamagedPayload damaged) {
      throw damaged;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Nowhere to come from: all is in memory.
    }
    return new Payload(zstd, null, rawBytes, (int) crc.getValue());
  }

  /** Lines out of the archive, checked there; do not change the array. */
  static Payload lines(byte[] lines) {
    var crc = new CRC32C();
    crc.update(lines, 0, lines.length);
    return new Payload(null, lines, lines.length, (int) crc.getValue());
  }

  /** One zstd frame of the lines; do not change the array. */
  public byte[] zstd() {
    if (stored != null) {
      return stored;
    }
    byte[] plain = plain();
    return PayloadWriter.frame(plain, plain.length);
  }

  private byte[] plain() {
    if (lines == null) {
      throw new IllegalStateException("neither stored nor lines");
    }
    return lines;
  }

  /** Size of the lines in bytes. */
  public int rawBytes() {
    return rawBytes;
  }

  /**
   * Tells these lines from others of the same frame: an upload loses what it repeats when it is
   * archived. The same before and after where nothing was repeated.
   */
  public String fingerprint() {
    return Integer.toHexString(rawBytes) + "-" + HexFormat.of().toHexDigits(crc32c);
  }

  /**
   * Writes the lines. Of those that are stored compressed no more than the longest is in memory.
   *
   * @throws IOException when they cannot be written
   */
  public void writeLines(OutputStream out) throws IOException {
    if (stored != null) {
      writeLines(stored, rawBytes, out);
    } else {
      out.write(plain());
    }
  }

  private static void writeLines(byte[] zstd, int rawBytes, OutputStream out) throws IOException {
    try (var reader = new PayloadReader(new ByteArrayInputStream(zstd), rawBytes)) {
      for (Slice line = reader.next(); line != null; line = reader.next()) {
        out.write(line.bytes(), line.from(), line.length());
        out.write('\n');
      }
    }
  }

  /**
   * Writes the events as a JSON array.
   *
   * @throws IOException when it cannot be written
   */
  public void writeArray(OutputStream out) throws IOException {
    out.write('[');
    writeLines(new Joined(out));
    out.write(']');
  }

  /** Turns line ends between events into commas: JSON on a line holds no line break itself. */
  private static final class Joined extends OutputStream {
    private final OutputStream out;
    private boolean ended;

    Joined(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      if (ended) {
        out.write(',');
      }
      ended = b == '\n';
      if (!ended) {
        out.write(b);
      }
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      int begin = from;
      for (int at = from; at < from + length; at++) {
        if (bytes[at] == '\n') {
          event(bytes, begin, at);
          ended = true;
          begin = at + 1;
        }
      }
      event(bytes, begin, from + length);
    }

    private void event(byte[] bytes, int from, int to) throws IOException {
      if (from < to) {
        if (ended) {
          out.write(',');
          ended = false;
        }
        out.write(bytes, from, to - from);
      }
    }
  }
}
