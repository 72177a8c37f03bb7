package dev.backspool.transfer;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes spools, whose files lie in one folder: recordings may lie in them in clear. A process that
 * died leaves some; the next one on the folder removes them, even those of another process, whose
 * export or import breaks off then and is run again. Threads may share one.
 */
public final class Spools {
  private static final Logger LOG = LoggerFactory.getLogger(Spools.class);
  private static final String PREFIX = "transfer-";
  private static final String SUFFIX = ".spool";

  /** For what tells of nobody: names of entries, their sizes and hashes. */
  static final Spools OF_NAMES = new Spools();

  private final @Nullable Path folder;

  private Spools() {
    folder = null;
  }

  /**
   * Removes what an earlier process left.
   *
   * @param folder made when it is needed
   */
  public Spools(Path folder) {
    this.folder = folder;
    removeLeftovers(folder);
  }

  private static void removeLeftovers(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException failure) {
      LOG.warn("Files that an earlier run left in {} stay: {}", folder, failure.toString());
    }
  }

  /** A new, empty one. */
  Spool make() {
    return new Spool(this);
  }

  /** A new, empty file; without a folder, where the system has such files. */
  Path file() throws IOException {
    if (folder == null) {
      return Files.createTempFile("backspool-" + PREFIX, SUFFIX);
    }
    Files.createDirectories(folder);
    return Files.createTempFile(folder, PREFIX, SUFFIX);
  }
}
