package dev.backspool.rrweb;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Gives back the lines of stored payloads: one frame, or any number of frames end to end, as a
 * recording's file has them. Damage is told as {@link DamagedPayload}, never as other events.
 *
 * <p>A stream's checksum stands at the end of each frame, so lines read from a damaged frame may
 * come before the exception does; {@link #lines(byte[], int)} checks first. One thread at a time.
 */
public final class PayloadReader implements AutoCloseable {
  private static final int FIRST_BUFFER = 64 * 1024;

  private final InputStream frames;
  private final long maxBytes;
  private byte[] buffer = new byte[FIRST_BUFFER];
  private int lineStart;
  private int filled;
  private long total;
  private boolean ended;

  /**
   * Reads frames from a stream, a buffer at a time.
   *
   * @param compressed closed with this reader
   * @param maxBytes how many bytes of lines may come; more is damage
   */
  public PayloadReader(InputStream compressed, long maxBytes) throws IOException {
    this.frames = new ZstdInputStreamNoFinalizer(compressed);
    this.maxBytes = maxBytes;
  }

  /**
   * All lines of one payload, verified: the bytes that {@link EventBlock#rawBytes} counts.
   *
   * @param maxBytes how many bytes may come; more is damage
   */
  public static byte[] lines(byte[] payload, int maxBytes) throws DamagedPayload {
    long size = Zstd.getFrameContentSize(payload);
    if (size < 0 || size > maxBytes) {
      throw new DamagedPayload("not a payload, or of more than " + maxBytes + " bytes");
    }
    byte[] lines = new byte[(int) size];
    try (ZstdDecompressCtx context = new ZstdDecompressCtx()) {
      int read = context.decompressByteArray(lines, 0, lines.length, payload, 0, payload.length);
      if (read != size) {
        throw new DamagedPayload("the payload ends after " + read + " of " + size + " bytes");
      }
    } catch (ZstdException e) {
      throw new DamagedPayload("the payload cannot be read: " + e.getMessage(), e);
    }
    return lines;
  }

  /**
   * The next line, without its end, valid until the next call; null after the last.
   *
   * @throws DamagedPayload when the bytes are not those that were written
   */
  public @Nullable Slice next() throws IOException {
    int searched = lineStart;
    while (true) {
      for (int p = searched; p < filled; p++) {
        if (buffer[p] == '\n') {
          Slice line = new Slice(buffer, lineStart, p);
          lineStart = p + 1;
          return line;
        }
      }
      searched = filled - lineStart;
      if (!fill()) {
        if (lineStart < filled) {
          throw new DamagedPayload("the last line has no end");
        }
        return null;
      }
    }
  }

  /** Moves the begun line to the front and reads on; false at the end. */
  private boolean fill() throws IOException {
    if (ended) {
      return false;
    }
    System.arraycopy(buffer, lineStart, buffer, 0, filled - lineStart);
    filled -= lineStart;
    lineStart = 0;
    if (filled == buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.multiplyExact(buffer.length, 2));
    }
    int read;
    try {
      read = frames.read(buffer, filled, buffer.length - filled);
    } catch (ZstdIOException e) {
      throw new DamagedPayload("the payload cannot be read: " + e.getMessage(), e);
    }
    if (read < 0) {
      ended = true;
      return false;
    }
    filled += read;
    total += read;
    if (total > maxBytes) {
      throw new DamagedPayload("more than " + maxBytes + " bytes of events");
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    frames.close();
  }
}
