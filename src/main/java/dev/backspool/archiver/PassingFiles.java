package dev.backspool.archiver;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where files are made before they are put. A process that died leaves some; the next start removes
 * them, even those of another process on the same folder, which makes them again.
 */
final class PassingFiles {
  private static final Logger LOG = LoggerFactory.getLogger(PassingFiles.class);
  private static final String PREFIX = "archiver-";

  private final Path folder;

  PassingFiles(Path folder) {
    this.folder = folder;
    removeLeftovers();
  }

  /** A new, empty file. */
  Path make() throws IOException {
    Files.createDirectories(folder);
    return Files.createTempFile(folder, PREFIX, ".tmp");
  }

  private void removeLeftovers() {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*.tmp")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException failure) {
      LOG.warn("Files that an earlier run left in {} stay: {}", folder, failure.toString());
    }
  }
}
