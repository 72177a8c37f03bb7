package dev.backspool.eventday;

import com.github.luben.zstd.ZstdCompressCtx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** Writes a day's object, line by line in {@link EventLine#ORDER}. One thread. */
final class DayWriter implements AutoCloseable {
  /** Lines that are compressed together. */
  private static final int BLOCK_BYTES = 2 << 20;

  private static final int LEVEL = 6;

  private final OutputStream out;
  private final @Nullable SecretKey key;
  private final byte[] header;
  private final MessageDigest hash = sha256();
  private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL).setChecksum(true);
  private final Names.Builder names = new Names.Builder();
  private final ByteArrayOutputStream block = new ByteArrayOutputStream(BLOCK_BYTES + (64 << 10));
  private int blockLines;
  private long blocks;
  private long bytes;
  private long rawBytes;
  private long lines;
  private long firstId = Long.MAX_VALUE;
  private long lastId = Long.MIN_VALUE;
  private @Nullable EventLine last;

  /**
   * Begins an object.
   *
   * @param out is the caller's to close
   * @param key encrypts it, and nothing else; null leaves it readable for anyone
   */
  DayWriter(OutputStream out, @Nullable SecretKey key) throws IOException {
    this.out = out;
    this.key = key;
    header = DayFormat.header(key != null);
    write(header);
  }

  /** What was written. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Written(
      long bytes,
      long rawBytes,
      long lines,
      long firstId,
      long lastId,
      byte[] sha256,
      Names names) {}

  /**
   * Adds the next event; the same again is passed over.
   *
   * @throws IllegalArgumentException when it comes before the last one
   */
  void add(EventLine line) throws IOException {
    int order = last == null ? -1 : EventLine.ORDER.compare(last, line);
    if (order > 0) {
      throw new IllegalArgumentException("an event out of order");
    }
    if (order == 0) {
      return;
    }
    last = line;
    block.writeBytes(line.json());
    blockLines++;
    lines++;
    firstId = Math.min(firstId, line.id());
    lastId = Math.max(lastId, line.id());
    String profile = line.profile();
    if (profile != null && line.isNamed()) {
      names.profile(profile);
    }
    String session = line.session();
    if (session != null) {
      names.session(session);
    }
    if (block.size() >= BLOCK_BYTES) {
      endBlock();
    }
  }

  long lines() {
    return lines;
  }

  private void endBlock() throws IOException {
    if (blockLines == 0) {
      return;
    }
    byte[] raw = block.toByteArray();
    byte[] frame = zstd.compress(raw);
    byte[] head = new byte[DayFormat.BLOCK_HEAD];
    DayFormat.buffer(head).putInt(frame.length).putInt(raw.length).putInt(blockLines);
    writePart(DayFormat.BLOCK_MAGIC, head, frame);
    rawBytes += raw.length;
    blocks++;
    block.reset();
    blockLines = 0;
  }

  /** In clear, the frame follows what tells of it, and zstd finds it; else it is within. */
  private void writePart(int magic, byte[] head, byte[] frame) throws IOException {
    byte[] sealed = key == null ? frame : seal(key, magic, head, frame);
    int inside = head.length + (key == null ? 0 : sealed.length);
    byte[] start = new byte[DayFormat.SKIPPABLE_HEAD];
    DayFormat.skippable(start, magic, inside);
    write(start);
    write(head);
    write(sealed);
  }

  private byte[] seal(SecretKey secret, int magic, byte[] head, byte[] frame) {
    try {
      Cipher cipher = DayFormat.cipher(Cipher.ENCRYPT_MODE, secret, magic, blocks, header);
      cipher.updateAAD(head);
      return cipher.doFinal(frame);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM does not work", e);
    }
  }

  /** Ends the object. */
  Written finish() throws IOException {
    endBlock();
    byte[] end = new byte[DayFormat.END_BYTES];
    DayFormat.buffer(end).putLong(lines).putLong(rawBytes);
    writePart(DayFormat.END_MAGIC, end, new byte[0]);
    return new Written(bytes, rawBytes, lines, firstId, lastId, hash.digest(), names.build());
  }

  private void write(byte[] some) throws IOException {
    out.write(some);
    hash.update(some);
    bytes += some.length;
  }

  @Override
  public void close() {
    zstd.close();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
