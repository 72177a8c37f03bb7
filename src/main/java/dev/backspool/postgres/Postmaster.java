package dev.backspool.postgres;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's process and the thread that watches it. The thread that starts the server is the one
 * that waits for its end: the kernel ties the server's life to it (see {@link PrivilegeDrop}).
 */
final class Postmaster implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Postmaster.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
  private static final Duration CALM = Duration.ofMinutes(1);

  private final ProcessBuilder command;
  private final Orphans orphans;
  private final Thread thread;
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch closing = new CountDownLatch(1);
  private final AtomicReference<@Nullable Process> process = new AtomicReference<>();
  private volatile @Nullable IOException refusal;
  private volatile boolean supervised;

  private Postmaster(ProcessBuilder command, Orphans orphans) {
    this.command = command;
    this.orphans = orphans;
    this.thread = Thread.ofPlatform().name("postgres").daemon().unstarted(this::watch);
  }

  /** Starts the server; it takes connections a little later. Not yet restarted when it ends. */
  static Postmaster start(ProcessBuilder command, Orphans orphans)
      throws IOException, InterruptedException {
    Postmaster postmaster = new Postmaster(command, orphans);
    postmaster.thread.start();
    postmaster.started.await();
    IOException refusal = postmaster.refusal;
    if (refusal != null) {
      throw refusal;
    }
    return postmaster;
  }

  boolean isAlive() {
    Process current = process.get();
    return current != null && current.isAlive();
  }

  /** The server's process id, for the log and the tests. */
  long pid() {
    Process current = process.get();
    return current == null ? -1 : current.pid();
  }

  /** From now on a server that ends is started again. False when it has ended already. */
  boolean supervise() {
    supervised = true;
    return thread.isAlive() && isAlive();
  }

  /** Stops the server and waits for its end. */
  @Override
  public void close() {
    closing.countDown();
    Process current = process.get();
    if (current != null) {
      Orphans.stop(current.toHandle());
    }
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch() {
    try {
      launch();
    } catch (IOException notStarted) {
      refusal = notStarted;
      return;
    } finally {
      started.countDown();
    }
    Duration pause = FIRST_PAUSE;
    Instant since = Instant.now();
    try {
      while (true) {
        Process current = process.get();
        int exit = current == null ? -1 : current.waitFor();
        if (!supervised || closing.getCount() == 0) {
          return;
        }
        if (since.plus(CALM).isBefore(Instant.now())) {
          pause = FIRST_PAUSE;
        }
        log.error(
            "PostgreSQL ended unexpectedly (exit code {}); starting it again in {} ms",
            exit,
            pause.toMillis());
        if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LONGEST_PAUSE;
        since = Instant.now();
        relaunch();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void relaunch() {
    try {
      orphans.clear();
      launch();
      log.info("PostgreSQL started again (process {})", pid());
    } catch (IOException | PostgresStartException failure) {
      process.set(null);
      log.error("PostgreSQL could not be started again", failure);
    }
  }

  /** A server started while we are being closed is stopped here, for nobody else will see it. */
  private void launch() throws IOException {
    Process fresh = command.start();
    process.set(fresh);
    fresh.getOutputStream().close();
    if (closing.getCount() == 0) {
      Orphans.stop(fresh.toHandle());
    }
  }
}
