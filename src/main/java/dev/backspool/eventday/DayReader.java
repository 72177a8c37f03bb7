package dev.backspool.eventday;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Reads a day's object from its beginning to its end. It holds a block of lines, and nothing that
 * must be closed but its source. One thread.
 */
public final class DayReader implements AutoCloseable {
  private static final int MOST_BLOCK = 256 << 20;

  private final InputStream in;
  private final @Nullable SecretKey key;
  private final byte[] header;
  private byte[] block = new byte[0];
  private int at;
  private long blocks;
  private long lines;
  private long rawBytes;
  private boolean ended;

  /**
   * Begins to read.
   *
   * @param in the object's bytes; closed with this
   * @param key that it was encrypted with; null when it was not
   * @throws DamagedDay when it is no day's object
   */
  DayReader(InputStream in, @Nullable SecretKey key) throws IOException {
    this.in = in;
    this.key = key;
    header = read(DayFormat.HEADER_BYTES);
    if (DayFormat.isEncrypted(header) != (key != null)) {
      throw new DamagedDay(
          key == null ? "is encrypted, and its key is not known" : "is not encrypted", null);
    }
  }

  /** The next event; empty behind the last. */
  public Optional<EventLine> next() throws IOException {
    byte[] line = nextLine();
    if (line == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(EventLine.of(line));
    } catch (IllegalArgumentException wrong) {
      throw new DamagedDay("holds a line that is none of an event", wrong);
    }
  }

  private byte @Nullable [] nextLine() throws IOException {
    while (at == block.length) {
      byte[] some = nextBlock();
      if (some == null) {
        return null;
      }
      block = some;
      at = 0;
    }
    int end = at;
    while (block[end] != '\n') {
      end++;
    }
    byte[] line = Arrays.copyOfRange(block, at, end + 1);
    at = end + 1;
    return line;
  }

  /**
   * The next block of lines, each with its end; null behind the last. For who goes over all of
   * them; not to be mixed with {@link #next}.
   *
   * @throws DamagedDay when it is not what was written, or the object ends too early
   */
  byte @Nullable [] nextBlock() throws IOException {
    if (ended) {
      return null;
    }
    ByteBuffer start = DayFormat.buffer(read(DayFormat.SKIPPABLE_HEAD));
    int magic = start.getInt();
    int size = start.getInt();
    if (magic == DayFormat.END_MAGIC) {
      end(size);
      return null;
    }
    if (magic != DayFormat.BLOCK_MAGIC) {
      throw new DamagedDay("has something else where lines should be", null);
    }
    byte[] head = read(DayFormat.BLOCK_HEAD);
    ByteBuffer told = DayFormat.buffer(head);
    int frameBytes = told.getInt();
    int raw = told.getInt();
    int count = told.getInt();
    if (raw <= 0 || raw > MOST_BLOCK || frameBytes <= 0 || frameBytes > MOST_BLOCK || count <= 0) {
      throw new DamagedDay("tells of a block that cannot be", null);
    }
    byte[] frame = part(magic, head, size, frameBytes);
    byte[] some = decompress(frame, raw);
    if (some[raw - 1] != '\n') {
      throw new DamagedDay("has a line without an end", null);
    }
    blocks++;
    rawBytes += raw;
    lines += count;
    return some;
  }

  private static byte[] decompress(byte[] frame, int raw) throws DamagedDay {
    try {
      byte[] some = new byte[raw];
      if (Zstd.decompressByteArray(some, 0, raw, frame, 0, frame.length) == raw) {
        return some;
      }
    } catch (ZstdException damaged) {
      throw new DamagedDay("has a block that cannot be decompressed", damaged);
    }
    throw new DamagedDay("has a block that is shorter than it should be", null);
  }

  private byte[] part(int magic, byte[] head, int size, int frameBytes) throws IOException {
    if (key == null) {
      if (size != head.length) {
        throw new DamagedDay("tells of a block that cannot be", null);
      }
      return read(frameBytes);
    }
    if (size != head.length + frameBytes + DayFormat.TAG_BYTES) {
      throw new DamagedDay("tells of a block that cannot be", null);
    }
    byte[] sealed = read(frameBytes + DayFormat.TAG_BYTES);
    try {
      Cipher cipher = DayFormat.cipher(Cipher.DECRYPT_MODE, key, magic, blocks, header);
      cipher.updateAAD(head);
      return cipher.doFinal(sealed);
    } catch (GeneralSecurityException wrong) {
      throw new DamagedDay(
          "cannot be decrypted: its key is another one, or a bit has changed", wrong);
    }
  }

  private void end(int size) throws IOException {
    byte[] head = read(DayFormat.END_BYTES);
    part(DayFormat.END_MAGIC, head, size, 0);
    ByteBuffer told = DayFormat.buffer(head);
    if (told.getLong() != lines || told.getLong() != rawBytes || in.read() >= 0) {
      throw new DamagedDay("has not what it says that it has", null);
    }
    ended = true;
  }

  private byte[] read(int length) throws IOException {
    byte[] some = in.readNBytes(length);
    if (some.length < length) {
      throw new DamagedDay("ends too early", null);
    }
    return some;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
