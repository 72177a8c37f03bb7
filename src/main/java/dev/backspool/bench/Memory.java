package dev.backspool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Memory in use, in kB, as Linux counts it.
 *
 * @param server resident set of the server's process
 * @param postgres of its PostgreSQL's processes the proportional share: what they have in common is
 *     counted once
 */
record Memory(long server, long postgres) {
  /** Empty on other systems, or where these processes may not be looked into. */
  static Optional<Memory> of(ProcessHandle server) throws IOException {
    Optional<Long> own = field(server, "status", "VmRSS:");
    if (own.isEmpty()) {
      return Optional.empty();
    }
    long postgres = 0;
    for (ProcessHandle process : server.descendants().toList()) {
      Optional<Long> share = field(process, "smaps_rollup", "Pss:");
      if (share.isEmpty()) {
        return Optional.empty();
      }
      postgres += share.get();
    }
    return Optional.of(new Memory(own.get(), postgres));
  }

  /** The largest resident set that a process has had so far, itself alone. */
  static Optional<Long> peak(ProcessHandle process) throws IOException {
    return field(process, "status", "VmHWM:");
  }

  private static Optional<Long> field(ProcessHandle process, String file, String name)
      throws IOException {
    Path path = Path.of("/proc", Long.toString(process.pid()), file);
    if (!Files.isReadable(path)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(path)) {
      return lines
          .filter(line -> line.startsWith(name))
          .findFirst()
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")));
    }
  }
}
