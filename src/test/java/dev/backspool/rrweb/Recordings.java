package dev.backspool.rrweb;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The recordings that tests read: the samples of the demo and the streams of rrweb's own tests. */
public final class Recordings {
  private Recordings() {}

  /** The demo's recordings but for the long one. */
  public static final List<String> SHORT_SAMPLES = List.of("swagger", "grid", "admin-short");

  /** A sample, as the JSON array that it is. */
  public static byte[] sample(String name) {
    try (InputStream zstd =
        Objects.requireNonNull(
            Recordings.class.getResourceAsStream("/samples/" + name + ".json.zst"))) {
      return new ZstdInputStreamNoFinalizer(zstd).setLongMax(27).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files of the suite. */
  public static List<Path> suite() {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/rrweb/suite"))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
