package dev.backspool.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/** A temporary folder, deleted in the end. */
public record Workplace(Path folder) implements AutoCloseable {
  /** Reachable for other accounts: root's PostgreSQL runs as one. */
  public static Workplace make() throws IOException {
    Path folder = Files.createTempDirectory("backspool-bench-");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new Workplace(folder);
  }

  /** Where a server's data goes. */
  public Path data() {
    return folder.resolve("data");
  }

  /** Where its log goes. */
  Path log() {
    return folder.resolve("server.log");
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.deleteIfExists(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
