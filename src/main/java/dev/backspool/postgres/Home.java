package dev.backspool.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;

/**
 * The folder of the embedded server, {@code <data>/postgres}, and the names in it.
 *
 * @param root the real path of the folder, without symbolic links, as the kernel reports it for
 *     running programs
 */
record Home(Path root) {
  private static final long LOG_LIMIT_BYTES = 10L << 20;
  private static final int TAIL_LINES = 12;

  /** Makes the folder, closed to others; root keeps it passable for the server's own account. */
  static Home at(Path dataDir) throws IOException {
    Path folder = Files.createDirectories(dataDir.resolve("postgres"));
    boolean root = Posix.effectiveUser() == 0;
    Files.setPosixFilePermissions(
        folder, PosixFilePermissions.fromString(root ? "rwx--x--x" : "rwx------"));
    return new Home(folder.toRealPath());
  }

  Path cluster() {
    return root.resolve("cluster");
  }

  Path settings() {
    return root.resolve("backspool.conf");
  }

  Path log() {
    return root.resolve("server.log");
  }

  /** The password of a role, made at the first question and kept in a file of mode 0600. */
  String password(String role) throws IOException {
    Path file = root.resolve(role + ".password");
    if (!Files.exists(file)) {
      byte[] random = new byte[24];
      new SecureRandom().nextBytes(random);
      writePrivately(file, Base64.getUrlEncoder().withoutPadding().encodeToString(random));
    }
    return Files.readString(file).strip();
  }

  /** Starts a new log file when the current one has grown large; one older file is kept. */
  void rotateLog() throws IOException {
    if (Files.exists(log()) && Files.size(log()) > LOG_LIMIT_BYTES) {
      Files.move(log(), root.resolve("server.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
    if (!Files.exists(log())) {
      writePrivately(log(), "");
    }
  }

  /** The last lines the server said, for an error message. */
  String logTail() {
    try {
      List<String> lines =
          new String(Files.readAllBytes(log()), StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException unreadable) {
      return "(" + log() + " is unreadable: " + unreadable.getMessage() + ")";
    }
  }

  /** Writes a file that was never readable for anyone else, not even for a moment, and syncs it. */
  private static void writePrivately(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text, StandardOpenOption.SYNC, StandardOpenOption.WRITE);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
