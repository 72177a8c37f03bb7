package dev.backspool.transfer;

import dev.backspool.transfer.EntryReader.Entry;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a project file into runs of entries that can be stored one after the other: a session stays
 * with its recording. Each is a tar without the end that a tar has. One thread at a time.
 */
public final class Pieces implements AutoCloseable {
  private static final long USUAL = 8 << 20;

  private final Path path;
  private final long end;
  private final EntryReader entries;
  private @Nullable Entry next;
  private long from;

  /**
   * A run of entries.
   *
   * @param from its first byte in the file
   * @param to behind its last
   */
  public record Piece(Path path, long from, long to) {
    /** How many bytes it has. */
    public long size() {
      return to - from;
    }

    /** Reads it. */
    public InputStream open() throws IOException {
      InputStream file = Files.newInputStream(path);
      file.skipNBytes(from);
      return new BufferedInputStream(new Bounded(file, size()), 1 << 16);
    }
  }

  /** Begins behind the first entry. */
  public Pieces(WholeFile file) throws IOException {
    path = file.path();
    end = file.size();
    entries = EntryReader.of(path);
    from = entries.next().map(Entry::end).orElse(end);
    advance();
  }

  private void advance() throws IOException {
    next = entries.next().filter(entry -> entry.end() <= end).orElse(null);
  }

  /** The next piece; empty behind the last. */
  public Optional<Piece> next() throws IOException {
    Entry entry = next;
    if (entry == null) {
      return Optional.empty();
    }
    long start = from;
    do {
      from = entry.end();
      advance();
      entry = next;
    } while (entry != null
        && (RecordingEntries.isOne(entry.name()) || entry.end() - start <= USUAL));
    return Optional.of(new Piece(path, start, from));
  }

  @Override
  public void close() throws IOException {
    entries.close();
  }

  /** The beginning of a stream. */
  private static final class Bounded extends InputStream {
    private final InputStream in;
    private long left;

    Bounded(InputStream in, long length) {
      this.in = in;
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (left == 0) {
        return length == 0 ? 0 : -1;
      }
      int read = in.read(into, offset, (int) Math.min(length, left));
      if (read < 0) {
        throw new IOException("The file became shorter while it was sent");
      }
      left -= read;
      return read;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
