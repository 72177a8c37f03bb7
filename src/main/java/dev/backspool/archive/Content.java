package dev.backspool.archive;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The bytes of an object to be stored; can be read again, from anywhere, when an attempt failed.
 */
interface Content {
  long size();

  /**
   * Bytes from {@code offset} on. Needs no closing.
   *
   * @throws Unreadable by the stream, when the source cannot be read
   */
  InputStream slice(long offset, long length);

  /** The source failed, not the archive. */
  final class Unreadable extends UncheckedIOException {
    private static final long serialVersionUID = 1;

    private final IOException failure;

    Unreadable(IOException failure) {
      super(failure);
      this.failure = failure;
    }

    IOException failure() {
      return failure;
    }
  }

  /** Bytes in memory. */
  record Bytes(byte[] bytes) implements Content {
    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public InputStream slice(long offset, long length) {
      return new ByteArrayInputStream(bytes, (int) offset, (int) length);
    }
  }

  /**
   * A file, open as long as this is. Not a {@code FileChannel}: one is closed for good when the
   * thread that reads it is interrupted, and the S3 client interrupts to end an attempt.
   */
  final class OfFile implements Content, AutoCloseable {
    private final Path path;
    private final RandomAccessFile file;
    private final long size;

    /**
     * Opens the file.
     *
     * @throws IOException when it cannot be read
     */
    OfFile(Path path) throws IOException {
      this.path = path;
      file = new RandomAccessFile(path.toFile(), "r");
      try {
        size = file.length();
      } catch (IOException failure) {
        file.close();
        throw failure;
      }
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public InputStream slice(long offset, long length) {
      return new Slice(offset, offset + length);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }

    private final class Slice extends InputStream {
      private long at;
      private final long end;

      Slice(long at, long end) {
        this.at = at;
        this.end = end;
      }

      @Override
      public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int offset, int length) {
        if (length == 0) {
          return 0;
        }
        if (at == end) {
          return -1;
        }
        try {
          file.seek(at);
          int count = file.read(into, offset, (int) Math.min(length, end - at));
          if (count < 0) {
            throw new IOException(path + " became shorter while it was read");
          }
          at += count;
          return count;
        } catch (IOException failure) {
          throw new Unreadable(failure);
        }
      }

      @Override
      public int available() {
        return (int) Math.min(end - at, Integer.MAX_VALUE);
      }
    }
  }
}
