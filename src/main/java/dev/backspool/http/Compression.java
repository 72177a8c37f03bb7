package dev.backspool.http;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.GZIPInputStream;

/** How a body is compressed, known by its first bytes. */
enum Compression {
  NONE,
  GZIP,
  ZSTD;

  /** So many bytes tell. */
  static final int MAGIC_BYTES = 4;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int GZIP_MAGIC = 0x8b1f;
  private static final int ZSTD_MAGIC = 0xfd2fb528;

  /**
   * The compression of a body.
   *
   * @param body its first bytes, or all
   */
  static Compression of(byte[] body) {
    if (body.length >= 2 && ((body[0] & 0xff) | (body[1] & 0xff) << 8) == GZIP_MAGIC) {
      return GZIP;
    }
    return body.length >= MAGIC_BYTES && (int) INT.get(body, 0) == ZSTD_MAGIC ? ZSTD : NONE;
  }

  /** Inflates. */
  InputStream open(InputStream compressed, int buffer) throws IOException {
    return switch (this) {
      case NONE -> compressed;
      case GZIP -> new GZIPInputStream(compressed, buffer);
      case ZSTD -> new ZstdInputStreamNoFinalizer(compressed);
    };
  }

  /**
   * What a whole body says of its inflated size; 0 or less when it says nothing. Not to be trusted.
   */
  long inflatedSize(byte[] body) {
    return switch (this) {
      case NONE -> body.length;
      // RFC 1952: the last four bytes hold it, modulo 2^32.
      case GZIP ->
          body.length < Integer.BYTES
              ? 0
              : Integer.toUnsignedLong((int) INT.get(body, body.length - Integer.BYTES));
      case ZSTD -> Zstd.getFrameContentSize(body);
    };
  }
}
