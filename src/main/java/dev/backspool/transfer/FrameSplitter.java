package dev.backspool.transfer;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Takes the events of a recording apart into its frames; one is in memory at a time. */
final class FrameSplitter implements AutoCloseable {
  private final String entry;
  private final InputStream lines;

  /**
   * Reads compressed lines.
   *
   * @param entry where they are from, for messages
   * @param zstd stays open
   */
  FrameSplitter(String entry, InputStream zstd) throws IOException {
    this.entry = entry;
    var open =
        new FilterInputStream(zstd) {
          @Override
          public void close() {
            // Whoever opened it goes on reading.
          }
        };
    lines = new ZstdInputStreamNoFinalizer(open).setLongMax(RecordingEntries.MOST_WINDOW_LOG);
  }

  /**
   * The lines of the next frame.
   *
   * @throws ProjectFileException when they are not what the frame tells of
   */
  byte[] next(FrameLine frame) throws IOException {
    byte[] bytes = read(Math.toIntExact(frame.bytes()));
    long events = ProjectFileWriter.lineEnds(bytes, 0, bytes.length);
    boolean ends = bytes.length == 0 || bytes[bytes.length - 1] == '\n';
    if (bytes.length != frame.bytes() || events != frame.events() || !ends) {
      throw new ProjectFileException(
          "%s does not fit its frames: there are no %d lines of frame %d of tab %s"
              .formatted(entry, frame.events(), frame.ordinal(), frame.tab()));
    }
    return bytes;
  }

  /**
   * Sees to it that nothing is left.
   *
   * @throws ProjectFileException when something is, or the whole is not what was written
   */
  void end() throws IOException {
    if (read(1).length > 0) {
      throw new ProjectFileException(entry + " does not fit its frames: it has more lines");
    }
  }

  private byte[] read(int length) throws IOException {
    try {
      return lines.readNBytes(length);
    } catch (ZstdIOException e) {
      throw new ProjectFileException("%s is damaged: %s".formatted(entry, e.getMessage()), e);
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
