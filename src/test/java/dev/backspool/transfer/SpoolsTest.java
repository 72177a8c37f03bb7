package dev.backspool.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Recordings on their way lie in clear where nobody else looks, and not for longer than it takes.
 */
final class SpoolsTest {
  @TempDir private Path folder;

  private Stream<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }

  @Test
  void what_is_large_lies_in_the_folder_until_it_is_closed() throws IOException {
    byte[] half = new byte[600_000];
    try (Spool spool = new Spools(folder).make()) {
      spool.write(half);
      assertThat(files()).as("few bytes stay in memory").isEmpty();
      spool.write(half);
      assertThat(files()).hasSize(1);
      try (var written = spool.open()) {
        assertThat(written.readAllBytes()).hasSize(2 * half.length);
      }
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void what_a_process_left_that_died_is_removed_by_the_next() throws IOException {
    @SuppressWarnings("unused")
    Path left = new Spools(folder).file();
    Path other = Files.createFile(folder.resolve("archiver-1.tmp"));
    assertThat(files()).hasSize(2);

    assertThat(new Spools(folder)).isNotNull();
    assertThat(files()).containsExactly(other.getFileName().toString());
  }
}
