package dev.backspool.eventday;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * The fixed parts of a day's object, in bytes; {@code docs/event-format.md} describes them. All
 * numbers are little-endian, as zstd's own are, and whatever is no zstd frame with lines in it is a
 * frame that zstd skips.
 */
final class DayFormat {
  /** The version that is written. Every version up to it is read. */
  static final int VERSION = 1;

  /** Before what a skippable frame holds: its magic number and its size. */
  static final int SKIPPABLE_HEAD = 8;

  static final int HEADER_BYTES = SKIPPABLE_HEAD + 8;

  /** What tells of a block: size of its zstd frame, of its lines, and how many there are. */
  static final int BLOCK_HEAD = 12;

  static final int END_BYTES = 16;
  static final int TAG_BYTES = 16;

  private static final int HEADER_MAGIC = 0x184D2A5B;
  static final int BLOCK_MAGIC = 0x184D2A5C;
  static final int END_MAGIC = 0x184D2A5D;

  private static final byte[] SIGNATURE = "bkev".getBytes(US_ASCII);
  private static final int ENCRYPTED = 1;
  private static final int NONCE_BYTES = 12;

  private DayFormat() {}

  static byte[] header(boolean encrypted) {
    byte[] header = new byte[HEADER_BYTES];
    skippable(header, HEADER_MAGIC, HEADER_BYTES - SKIPPABLE_HEAD)
        .put(SIGNATURE)
        .putShort((short) VERSION)
        .putShort((short) (encrypted ? ENCRYPTED : 0));
    return header;
  }

  /**
   * Reads a header.
   *
   * @return whether what follows is encrypted
   */
  static boolean isEncrypted(byte[] header) throws DamagedDay {
    ByteBuffer bytes = buffer(header);
    if (bytes.getInt() != HEADER_MAGIC
        || bytes.getInt() != HEADER_BYTES - SKIPPABLE_HEAD
        || !isSigned(bytes)) {
      throw new DamagedDay("has no header: it is something else", null);
    }
    int version = Short.toUnsignedInt(bytes.getShort());
    if (version > VERSION) {
      throw new DamagedDay("is of version " + version + ", which only a newer program reads", null);
    }
    return (bytes.getShort() & ENCRYPTED) != 0;
  }

  private static boolean isSigned(ByteBuffer bytes) {
    byte[] signature = new byte[SIGNATURE.length];
    bytes.get(signature);
    return Arrays.equals(signature, SIGNATURE);
  }

  /** The head of a skippable frame, and the place for what it holds. */
  static ByteBuffer skippable(byte[] frame, int magic, int size) {
    return buffer(frame).putInt(magic).putInt(size);
  }

  static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A cipher for one part. Each object has a key of its own, so a part's number is a nonce that
   * never comes again.
   *
   * @param magic what the part is
   * @param number its number among its kind
   * @param bound what must be as it was, though it is not secret
   */
  static Cipher cipher(int mode, SecretKey key, int magic, long number, byte[] bound)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    byte[] nonce = ByteBuffer.allocate(NONCE_BYTES).putInt(magic).putLong(number).array();
    cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
    cipher.updateAAD(bound);
    return cipher;
  }
}
