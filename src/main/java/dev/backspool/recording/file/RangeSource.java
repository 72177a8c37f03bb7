package dev.backspool.recording.file;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Where a file's bytes lie; they never change. Any thread may call. */
public interface RangeSource {
  /**
   * Reads some bytes.
   *
   * @param from the first byte's place in the file
   * @param length how many; the range lies within the file
   * @return exactly so many
   * @throws IOException when they cannot be had
   */
  byte[] read(long from, int length) throws IOException;

  /** How many bytes there are. */
  long size() throws IOException;

  /** A file, opened at each call: nothing has to be closed. */
  static RangeSource of(Path file) {
    return new RangeSource() {
      @Override
      public byte[] read(long from, int length) throws IOException {
        var bytes = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
          while (bytes.hasRemaining()) {
            if (channel.read(bytes, from + bytes.position()) < 0) {
              throw new EOFException(file + " ends before byte " + (from + length));
            }
          }
        }
        return bytes.array();
      }

      @Override
      public long size() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
          return channel.size();
        }
      }
    };
  }

  /** Bytes in memory, not copied. */
  static RangeSource of(byte[] bytes) {
    return new RangeSource() {
      @Override
      public byte[] read(long from, int length) throws IOException {
        if (from < 0 || length < 0 || from + length > bytes.length) {
          throw new EOFException("the bytes end before " + (from + length));
        }
        return Arrays.copyOfRange(bytes, (int) from, (int) from + length);
      }

      @Override
      public long size() {
        return bytes.length;
      }
    };
  }
}
