package dev.backspool.ingest;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does a small task again and again, a pause between. A failure, even one of the machine, is logged
 * and does not end it: nobody would start it again.
 */
public final class Periodic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Periodic.class);

  private final Thread thread;

  public Periodic(String name, Duration pause, Runnable task) {
    thread = Thread.ofVirtual().name(name).start(() -> run(name, pause, task));
  }

  private static void run(String name, Duration pause, Runnable task) {
    while (true) {
      try {
        Thread.sleep(pause);
        task.run();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        LOG.warn("{} failed, tried again in {}: {}", name, pause, e.getMessage());
      } catch (Error e) {
        LOG.error("{} failed, tried again in {}", name, pause, e);
      }
    }
  }

  /** Ends it; a task that runs is waited for. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
