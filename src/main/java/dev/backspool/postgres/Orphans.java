package dev.backspool.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server processes that an earlier Backspool left behind. The programs live inside the home, so a
 * process that runs one of them serves this cluster and no other, whatever its process id was used
 * for before. To be called with the {@link HomeLock} held.
 */
final class Orphans {
  private static final Logger log = LoggerFactory.getLogger(Orphans.class);
  private static final Duration FAST = Duration.ofSeconds(60);
  private static final Duration IMMEDIATE = Duration.ofSeconds(10);
  private static final Duration LEAVE_ALONE = Duration.ofSeconds(5);

  private final Home home;
  private final Path pidFile;

  Orphans(Home home) {
    this.home = home;
    this.pidFile = home.cluster().resolve("postmaster.pid");
  }

  /**
   * Stops what still runs and removes the file it left, so that a server can start.
   *
   * @throws PostgresStartException when a process does not go even when killed
   */
  void clear() throws IOException {
    if (!Files.exists(pidFile)) {
      return;
    }
    Optional<ProcessHandle> server = server();
    if (server.isPresent()) {
      log.warn(
          "PostgreSQL (process {}) was left by an earlier run; stopping it", server.get().pid());
      stop(server.get());
    }
    // Without its parent a backend notices and leaves by itself, usually at once.
    if (!goneWithin(LEAVE_ALONE)) {
      running().forEach(process -> Posix.signal(process.pid(), Posix.SIGKILL));
      if (!goneWithin(IMMEDIATE)) {
        throw new PostgresStartException(
            "An earlier PostgreSQL does not end (processes %s); end them and start again."
                .formatted(running().stream().map(ProcessHandle::pid).toList()));
      }
    }
    // A number in the file that now belongs to a stranger, or to a zombie, would stop the server.
    Files.deleteIfExists(pidFile);
  }

  /** Ends a server: politely, then at once, then by force. Each step is safe for committed data. */
  static void stop(ProcessHandle server) {
    Posix.signal(server.pid(), Posix.SIGINT);
    if (!endsWithin(server, FAST)) {
      log.warn("PostgreSQL (process {}) is slow to stop; stopping it at once", server.pid());
      Posix.signal(server.pid(), Posix.SIGQUIT);
      if (!endsWithin(server, IMMEDIATE)) {
        Posix.signal(server.pid(), Posix.SIGKILL);
        endsWithin(server, IMMEDIATE);
      }
    }
  }

  private Optional<ProcessHandle> server() throws IOException {
    List<String> lines = Files.readAllLines(pidFile);
    if (lines.isEmpty() || !lines.getFirst().strip().matches("\\d{1,10}")) {
      return Optional.empty();
    }
    return ProcessHandle.of(Long.parseLong(lines.getFirst().strip())).filter(this::isOurs);
  }

  private List<ProcessHandle> running() {
    return ProcessHandle.allProcesses().filter(this::isOurs).toList();
  }

  /** A zombie has no command any more and so is not ours. */
  private boolean isOurs(ProcessHandle process) {
    return process
        .info()
        .command()
        .map(command -> Path.of(command).startsWith(home.root()))
        .orElse(false);
  }

  private boolean goneWithin(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!running().isEmpty()) {
      if (System.nanoTime() > deadline || !pause()) {
        return false;
      }
    }
    return true;
  }

  /** Polls: a process that is not our child cannot be waited for. */
  private static boolean endsWithin(ProcessHandle process, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (process.isAlive() && process.info().command().isPresent()) {
      if (System.nanoTime() > deadline || !pause()) {
        return false;
      }
    }
    return true;
  }

  private static boolean pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(5);
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
