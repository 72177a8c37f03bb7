package dev.backspool.server;

import dev.backspool.Ids;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the demo keeps besides its data, in {@code <data>/demo.properties}, readable by its owner
 * alone: the token to sign in with, because it is shown at every start, and the project that has
 * the samples. {@code serve} does not look at it: on the same data it has a token of its own.
 *
 * @param project null until the samples are stored whole
 */
record DemoNotes(String token, @Nullable UUID project) {
  /** The notes of an earlier start, or new ones, with a new token. */
  static DemoNotes read(Path dataDir) throws IOException {
    Path file = file(dataDir);
    if (!Files.exists(file)) {
      return new DemoNotes(Ids.key("bst_"), null);
    }
    var notes = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      notes.load(reader);
    }
    return new DemoNotes(
        Optional.ofNullable(notes.getProperty("token")).orElseGet(() -> Ids.key("bst_")),
        Optional.ofNullable(notes.getProperty("project")).map(UUID::fromString).orElse(null));
  }

  DemoNotes withProject(UUID stored) {
    return new DemoNotes(token, stored);
  }

  void write(Path dataDir) throws IOException {
    var notes = new Properties();
    notes.setProperty("token", token);
    if (project != null) {
      notes.setProperty("project", project.toString());
    }
    var text = new StringWriter();
    notes.store(text, "Kept by 'backspool demo'");
    Files.createDirectories(dataDir);
    Path fresh = dataDir.resolve("demo.properties.tmp");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text.toString(), StandardOpenOption.WRITE);
    Files.move(fresh, file(dataDir), StandardCopyOption.ATOMIC_MOVE);
  }

  private static Path file(Path dataDir) {
    return dataDir.resolve("demo.properties");
  }
}
