package dev.backspool.transfer;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way that must be whole, or counted, before they go on: in memory while they are
 * few, then in a file, which goes when this is closed. One thread at a time.
 */
final class Spool extends OutputStream {
  private static final int IN_MEMORY = 1 << 20;
  private static final int BUFFER = 1 << 16;

  private final Spools spools;
  private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
  private @Nullable Path path;
  private @Nullable OutputStream file;
  private long size;

  Spool(Spools spools) {
    this.spools = spools;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    if (file == null && size + length > IN_MEMORY) {
      path = spools.file();
      file = new BufferedOutputStream(Files.newOutputStream(path), BUFFER);
      memory.writeTo(file);
      memory.reset();
    }
    (file != null ? file : memory).write(bytes, from, length);
    size += length;
  }

  /** How many bytes were written. */
  long size() {
    return size;
  }

  /** Reads what was written so far, from the first byte on. */
  InputStream open() throws IOException {
    flush();
    return path != null
        ? Files.newInputStream(path)
        : new ByteArrayInputStream(memory.toByteArray());
  }

  @Override
  public void flush() throws IOException {
    if (file != null) {
      file.flush();
    }
  }

  /** Stores what was written as an object of an archive. */
  void putInto(Archive archive, ObjectKey key) throws IOException, ArchiveUnavailable {
    flush();
    if (path != null) {
      archive.put(key, path);
    } else {
      archive.put(key, memory.toByteArray());
    }
  }

  /** Lets go of everything. */
  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
    if (path != null) {
      Files.deleteIfExists(path);
    }
  }
}
