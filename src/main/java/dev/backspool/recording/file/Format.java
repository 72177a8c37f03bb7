package dev.backspool.recording.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** The fixed parts of a file, in bytes. All numbers are little-endian, as zstd's own are. */
final class Format {
  /** The version that is written. Every version up to it is read. */
  static final int VERSION = 1;

  /** The window of a group at its largest, the most that {@code zstd -dc} takes unasked. */
  static final int MOST_WINDOW_LOG = 27;

  static final int FILE_ID_BYTES = 16;

  /** Before what a skippable frame holds: its magic number and its size. */
  static final int SKIPPABLE_HEAD = 8;

  static final int HEADER_BYTES = SKIPPABLE_HEAD + 24;
  static final int TRAILER_BYTES = SKIPPABLE_HEAD + 80;

  private static final int HEADER_MAGIC = 0x184D2A5B;
  static final int GROUP_MAGIC = 0x184D2A5C;
  static final int INDEX_MAGIC = 0x184D2A5D;
  private static final int TRAILER_MAGIC = 0x184D2A5E;

  private static final byte[] SIGNATURE = "bksp".getBytes(US_ASCII);
  private static final int ENCRYPTED = 1;
  private static final int SHA_256_BYTES = 32;

  private Format() {}

  /**
   * What a reader must know before all else.
   *
   * @param fileId 16 bytes, random when encrypted, else zeros
   */
  @SuppressWarnings("ArrayRecordComponent") // Bytes of a file; compared where it matters.
  record Kind(int version, boolean encrypted, byte[] fileId) {
    private void put(ByteBuffer into) {
      into.putShort((short) version).putShort((short) (encrypted ? ENCRYPTED : 0)).put(fileId);
    }

    /** Reads a header. */
    static Kind of(byte[] header) throws DamagedRecording {
      if (!isSkippable(header, HEADER_MAGIC, HEADER_BYTES)
          || !Arrays.equals(
              header,
              SKIPPABLE_HEAD,
              SKIPPABLE_HEAD + SIGNATURE.length,
              SIGNATURE,
              0,
              SIGNATURE.length)) {
        throw DamagedRecording.whole("has no header: it is something else");
      }
      var bytes =
          ByteBuffer.wrap(header)
              .order(ByteOrder.LITTLE_ENDIAN)
              .position(SKIPPABLE_HEAD + SIGNATURE.length);
      int version = Short.toUnsignedInt(bytes.getShort());
      boolean encrypted = (bytes.getShort() & ENCRYPTED) != 0;
      byte[] fileId = new byte[FILE_ID_BYTES];
      bytes.get(fileId);
      return new Kind(version, encrypted, fileId);
    }

    /** The kind, as the header and as what encryption binds its parts to. */
    byte[] header() {
      byte[] header = new byte[HEADER_BYTES];
      put(begin(header, HEADER_MAGIC, HEADER_BYTES - SKIPPABLE_HEAD).put(SIGNATURE));
      return header;
    }
  }

  /**
   * The end of a file, which leads to all else.
   *
   * @param indexAt where the index's skippable frame begins
   * @param indexBytes its size with its head
   * @param indexJson size of the index as JSON
   * @param groups how many groups there are
   * @param sha256 of every byte before the trailer
   */
  @SuppressWarnings("ArrayRecordComponent") // Bytes of a file; compared where it matters.
  record Trailer(
      Kind kind, long indexAt, int indexBytes, int indexJson, int groups, byte[] sha256) {
    byte[] bytes() {
      byte[] trailer = new byte[TRAILER_BYTES];
      var bytes = begin(trailer, TRAILER_MAGIC, TRAILER_BYTES - SKIPPABLE_HEAD);
      bytes.putLong(indexAt).putInt(indexBytes).putInt(indexJson).putInt(groups).put(sha256);
      kind.put(bytes);
      bytes.putInt(crc(trailer, 0, bytes.position()));
      bytes.put(SIGNATURE);
      return trailer;
    }

    /**
     * Reads the end of a file.
     *
     * @param tail the file's last bytes, at least {@link #TRAILER_BYTES}
     * @param size the file's size
     */
    static Trailer of(byte[] tail, long size) throws DamagedRecording {
      int start = tail.length - TRAILER_BYTES;
      var bytes = ByteBuffer.wrap(tail, start, TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int signatureAt = tail.length - SIGNATURE.length;
      if (!Arrays.equals(tail, signatureAt, tail.length, SIGNATURE, 0, SIGNATURE.length)
          || bytes.getInt() != TRAILER_MAGIC
          || bytes.getInt() != TRAILER_BYTES - SKIPPABLE_HEAD) {
        throw DamagedRecording.whole("has no trailer: it was cut short, or is something else");
      }
      int crcAt = signatureAt - Integer.BYTES;
      if (bytes.getInt(crcAt) != crc(tail, start, crcAt - start)) {
        throw DamagedRecording.whole("has a damaged trailer");
      }
      long indexAt = bytes.getLong();
      int indexBytes = bytes.getInt();
      int indexJson = bytes.getInt();
      int groups = bytes.getInt();
      byte[] sha256 = new byte[SHA_256_BYTES];
      bytes.get(sha256);
      int version = Short.toUnsignedInt(bytes.getShort());
      boolean encrypted = (bytes.getShort() & ENCRYPTED) != 0;
      byte[] fileId = new byte[FILE_ID_BYTES];
      bytes.get(fileId);
      if (version < 1 || version > VERSION) {
        throw DamagedRecording.whole(
            "is of version " + version + "; this program reads up to " + VERSION);
      }
      if (indexAt + indexBytes + TRAILER_BYTES != size) {
        throw DamagedRecording.whole(
            "has " + size + " bytes instead of " + (indexAt + indexBytes + TRAILER_BYTES));
      }
      return new Trailer(
          new Kind(version, encrypted, fileId), indexAt, indexBytes, indexJson, groups, sha256);
    }

    String sha256Hex() {
      return HexFormat.of().formatHex(sha256);
    }
  }

  /** The head of a skippable frame. */
  static byte[] head(int magic, int holds) {
    byte[] head = new byte[SKIPPABLE_HEAD];
    begin(head, magic, holds);
    return head;
  }

  private static ByteBuffer begin(byte[] frame, int magic, int holds) {
    return ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).putInt(magic).putInt(holds);
  }

  /** Whether a skippable frame of this kind and size begins here. */
  static boolean isSkippable(byte[] bytes, int magic, int size) {
    var head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return bytes.length == size
        && size >= SKIPPABLE_HEAD
        && head.getInt() == magic
        && head.getInt() == size - SKIPPABLE_HEAD;
  }

  static int crc(byte[] bytes, int from, int length) {
    var crc = new CRC32C();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}
