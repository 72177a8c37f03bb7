package dev.backspool.sync.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkContract;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sink in a DuckDB file. */
final class DuckDbSinkTest extends SinkContract {
  @TempDir Path folder = Path.of("");

  private @Nullable DuckDb open;

  @Override
  protected Sink sink() {
    try {
      open = DuckDb.open(folder.resolve("analytics.duckdb"), folder.resolve("tmp"), 256);
      return open.sink();
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @AfterEach
  void close() {
    if (open != null) {
      open.close();
    }
  }

  @Test
  void a_file_keeps_its_name_and_its_rows_and_leaves_no_library_behind() throws Exception {
    UUID id;
    Set<Path> before = libraries();
    try (DuckDb file = DuckDb.open(folder.resolve("a.duckdb"), folder.resolve("tmp"), 256)) {
      id = file.id();
      file.sink().prepare(ALL);
      apply(file.sink(), PROJECT, FACTS, fact(1, 1, "kept"));
    }
    try (DuckDb file = DuckDb.open(folder.resolve("a.duckdb"), folder.resolve("tmp"), 256);
        DuckDb other = DuckDb.open(folder.resolve("b.duckdb"), folder.resolve("tmp"), 256)) {
      assertThat(file.id()).isEqualTo(id).isNotEqualTo(other.id());
      assertThat(file.sink().prepare(ALL)).isEmpty();
      assertThat(file.sink().hashes(PROJECT, FACTS, dev.backspool.sync.KeyRange.ALL)).hasSize(1);
    }
    assertThat(before).containsAll(libraries());
  }

  /** Of this and of other programs of the machine. */
  private static Set<Path> libraries() throws IOException {
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(
            Path.of(System.getProperty("java.io.tmpdir")), "libduckdb_java*.so")) {
      var files = new HashSet<Path>();
      found.forEach(files::add);
      return files;
    }
  }
}
