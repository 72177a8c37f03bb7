package dev.backspool.recording.file;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Decompresses groups from their beginning to a stop, in memory used before: fresh memory for so
 * much would take longer to be had than to be filled. Two work at once, since each may need a
 * group's whole size outside the heap. Any thread may call.
 */
final class GroupDecoder {
  private static final int MOST_AT_ONCE = 2;

  /** Buffers grow in steps, lest every slightly larger group take a new one. */
  private static final int STEP = 1 << 20;

  private static final Semaphore PERMITS = new Semaphore(MOST_AT_ONCE);
  private static final ConcurrentLinkedQueue<GroupDecoder> IDLE = new ConcurrentLinkedQueue<>();

  /** Bit 2 of the frame header's descriptor tells that a checksum follows the last block. */
  private static final int DESCRIPTOR = 4;

  private static final byte CHECKSUM_FLAG = 0x04;

  /** An empty raw block with the mark of the last. */
  private static final byte[] LAST_BLOCK = {1, 0, 0};

  private static final int LEAST_FRAME = 6;

  private final ZstdDecompressCtx context = new ZstdDecompressCtx();
  private SoftReference<ByteBuffer> inKept = new SoftReference<>(null);
  private SoftReference<ByteBuffer> outKept = new SoftReference<>(null);

  private GroupDecoder() {}

  /**
   * Cuts pieces out of a group.
   *
   * @param frame the group's zstd frame, or its beginning
   * @param stop how many of its bytes to decompress: a frame's stop
   * @param bounds in the group's lines, where the pieces meet: one more than there are pieces; the
   *     last is what the stop gives
   * @throws ZstdException when the bytes cannot be decompressed, or give another size
   */
  static List<byte[]> cut(byte[] frame, int stop, int[] bounds) {
    PERMITS.acquireUninterruptibly();
    GroupDecoder idle = IDLE.poll();
    GroupDecoder decoder = idle == null ? new GroupDecoder() : idle;
    try {
      return decoder.pieces(frame, stop, bounds);
    } finally {
      IDLE.add(decoder);
      PERMITS.release();
    }
  }

  private List<byte[]> pieces(byte[] frame, int stop, int[] bounds) {
    int size = bounds[bounds.length - 1];
    ByteBuffer out = buffer(outKept, size);
    outKept = new SoftReference<>(out);
    if (size > 0) {
      decompress(frame, stop, out, size);
    }
    var pieces = new ArrayList<byte[]>(bounds.length - 1);
    for (int i = 0; i + 1 < bounds.length; i++) {
      byte[] piece = new byte[bounds[i + 1] - bounds[i]];
      out.get(bounds[i], piece);
      pieces.add(piece);
    }
    return pieces;
  }

  /** What stands before a stop becomes a zstd frame of its own by an end, without a checksum. */
  private void decompress(byte[] frame, int stop, ByteBuffer out, int size) {
    if (stop < LEAST_FRAME || stop > frame.length) {
      throw new ZstdException(0, "the group has " + frame.length + " bytes");
    }
    int length = stop + LAST_BLOCK.length;
    ByteBuffer in = buffer(inKept, length);
    inKept = new SoftReference<>(in);
    in.put(0, frame, 0, stop).put(stop, LAST_BLOCK);
    in.put(DESCRIPTOR, (byte) (frame[DESCRIPTOR] & ~CHECKSUM_FLAG));
    int read;
    try {
      read = context.decompressDirectByteBuffer(out, 0, size, in, 0, length);
    } catch (ZstdException e) {
      context.reset();
      throw e;
    }
    if (read != size) {
      throw new ZstdException(0, "it gives " + read + " bytes instead of " + size);
    }
  }

  private static ByteBuffer buffer(SoftReference<ByteBuffer> kept, int size) {
    @Nullable ByteBuffer buffer = kept.get();
    return buffer != null && buffer.capacity() >= size
        ? buffer
        : ByteBuffer.allocateDirect(Math.ceilDiv(Math.max(1, size), STEP) * STEP);
  }
}
