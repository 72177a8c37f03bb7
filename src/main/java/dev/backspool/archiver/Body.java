package dev.backspool.archiver;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of an object on their way: small ones in memory, others in a passing file. */
sealed interface Body {
  /** Stores them unless they are there. */
  void put(Archive archive, ObjectKey key) throws IOException, ArchiveUnavailable;

  /** Frees what they take. */
  void discard() throws IOException;

  /** In memory. */
  @SuppressWarnings("ArrayRecordComponent") // Bytes on their way out; never compared.
  record Bytes(byte[] bytes) implements Body {
    @Override
    public void put(Archive archive, ObjectKey key) throws ArchiveUnavailable {
      archive.put(key, bytes);
    }

    @Override
    public void discard() {
      // Nothing is left of it.
    }
  }

  /** In a file. */
  record OfFile(Path file) implements Body {
    @Override
    public void put(Archive archive, ObjectKey key) throws IOException, ArchiveUnavailable {
      archive.put(key, file);
    }

    @Override
    public void discard() throws IOException {
      Files.deleteIfExists(file);
    }
  }
}
