package dev.backspool.recording;

import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.rrweb.PayloadWriter;
import dev.backspool.rrweb.Slice;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * A frame's events as stored, known to be whole.
 *
 * @param zstd one zstd frame of one line of JSON per event; do not change the array
 * @param rawBytes size of the lines
 */
public record Payload(byte[] zstd, int rawBytes) {

  /** A frame's lines, compressed as an upload is. */
  static Payload of(byte[] lines) {
    return new Payload(PayloadWriter.frame(lines, lines.length), lines.length);
  }

  /** Opens the lines one by one: no more than the longest of them is in memory. */
  public PayloadReader lines() {
    try {
      return new PayloadReader(new ByteArrayInputStream(zstd), rawBytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Nothing was read: the bytes are in memory.
    }
  }

  /**
   * Writes the lines.
   *
   * @throws IOException when they cannot be written
   */
  public void writeLines(OutputStream out) throws IOException {
    try (PayloadReader lines = lines()) {
      for (Slice line = lines.next(); line != null; line = lines.next()) {
        out.write(line.bytes(), line.from(), line.length());
        out.write('\n');
      }
    }
  }

  /**
   * Reads it through to its checksum.
   *
   * @throws DamagedPayload when the bytes are not those that were written
   */
  void verify() throws DamagedPayload {
    try {
      writeLines(OutputStream.nullOutputStream());
    } catch (DamagedPayload damaged) {
      throw damaged;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Nowhere to come from: all is in memory.
    }
  }
}
