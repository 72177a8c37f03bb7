package dev.backspool.rrweb;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/**
 * Compresses payloads. Contexts cost about a megabyte each and are kept, as many as there are
 * cores: more would only make virtual threads fight for the same processors. Any thread may call.
 */
public final class PayloadWriter {
  /**
   * On blocks of the samples 3 saves at most two percent and takes 1.2 to 1.8 times as long; what
   * saves more is the archive's window over a whole session.
   */
  private static final int LEVEL = 1;

  /** Output buffers up to this size are kept with their context; larger ones are not worth it. */
  private static final int KEPT_BUFFER = 1 << 20;

  private static final Semaphore PERMITS =
      new Semaphore(Runtime.getRuntime().availableProcessors());
  private static final ConcurrentLinkedQueue<Press> IDLE = new ConcurrentLinkedQueue<>();

  private PayloadWriter() {}

  /** One zstd frame of the first {@code length} bytes, with their number and a checksum. */
  public static byte[] frame(byte[] bytes, int length) {
    PERMITS.acquireUninterruptibly();
    try {
      Press idle = IDLE.poll();
      Press press = idle == null ? new Press() : idle;
      byte[] frame = press.frame(bytes, length);
      IDLE.add(press);
      return frame;
    } finally {
      PERMITS.release();
    }
  }

  /** A context and its output buffer, used by one thread at a time. */
  private static final class Press {
    private final ZstdCompressCtx context =
        new ZstdCompressCtx().setLevel(LEVEL).setChecksum(true).setContentSize(true);
    private byte[] buffer = new byte[0];

    byte[] frame(byte[] bytes, int length) {
      int bound = Math.toIntExact(Zstd.compressBound(length));
      byte[] target = bound <= buffer.length ? buffer : new byte[bound];
      if (bound <= KEPT_BUFFER) {
        buffer = target;
      }
      int size = context.compressByteArray(target, 0, target.length, bytes, 0, length);
      return Arrays.copyOf(target, size);
    }
  }
}
