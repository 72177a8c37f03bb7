package dev.backspool.enrich;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** The lists in the jar: a line each, {@code #} begins a comment. */
final class Resources {
  private Resources() {}

  static List<String> lines(String name) {
    var file = Objects.requireNonNull(Resources.class.getResourceAsStream("/enrich/" + name));
    try (var reader = new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
