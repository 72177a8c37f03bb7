package dev.backspool.recording.file;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * Compresses groups, one after the other, each into one zstd frame that is kept until it is
 * finished. A block ends where a frame of the recording ends, so that a reader who needs the
 * group's beginning takes no more bytes than hold it. Close it: its context is not on the heap.
 */
final class GroupWriter implements AutoCloseable {
  private static final int STAGE_BYTES = 128 * 1024;
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  /** Below this level's own tables. */
  private static final int LEAST_WINDOW_LOG = 17;

  /** From this window on zstd's own tables for the level fit; below they would be too large. */
  private static final int FULL_TABLES_WINDOW_LOG = 21;

  private final ZstdCompressCtx context;
  private final ByteBuffer in = ByteBuffer.allocateDirect(STAGE_BYTES);
  private final ByteBuffer out = ByteBuffer.allocateDirect(STAGE_BYTES);
  private final ByteArrayOutputStream stored = new ByteArrayOutputStream();
  private long json;

  GroupWriter(int level, long expectedJson) {
    int log = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, expectedJson - 1));
    int windowLog = Math.clamp(log, LEAST_WINDOW_LOG, Format.MOST_WINDOW_LOG);
    context =
        new ZstdCompressCtx()
            .setLevel(level)
            .setChecksum(true)
            .setContentSize(false)
            .setLong(windowLog);
    if (windowLog < FULL_TABLES_WINDOW_LOG) {
      context.setHashLog(windowLog + 1).setChainLog(windowLog);
    }
  }

  /** Size of the lines in the group that is being written. */
  long json() {
    return json;
  }

  /** Size of the group so far. */
  int stored() {
    return stored.size();
  }

  void add(byte[] lines) {
    for (int at = 0; at < lines.length; at += STAGE_BYTES) {
      int length = Math.min(STAGE_BYTES, lines.length - at);
      in.clear().put(lines, at, length).flip();
      while (in.hasRemaining()) {
        out.clear();
        context.compressDirectByteBufferStream(out, in, EndDirective.CONTINUE);
        keep();
      }
    }
    json += lines.length;
    drain(EndDirective.FLUSH);
  }

  private void drain(EndDirective directive) {
    boolean done = false;
    while (!done) {
      out.clear();
      done = context.compressDirectByteBufferStream(out, NOTHING, directive);
      keep();
    }
  }

  private void keep() {
    out.flip();
    byte[] some = new byte[out.remaining()];
    out.get(some);
    stored.writeBytes(some);
  }

  /** Ends the group and gives its zstd frame; the next {@link #add} begins another. */
  byte[] finish() {
    drain(EndDirective.END);
    byte[] frame = stored.toByteArray();
    stored.reset();
    json = 0;
    return frame;
  }

  @Override
  public void close() {
    context.close();
  }
}
