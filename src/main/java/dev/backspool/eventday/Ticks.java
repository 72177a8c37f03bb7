package dev.backspool.eventday;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Does something now and then while its owner waits for something else. */
final class Ticks implements AutoCloseable {
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;
  private volatile @Nullable RuntimeException failure;

  /** Begins, with a pause. */
  Ticks(Duration pause, Runnable work) {
    thread =
        Thread.ofVirtual()
            .name("event-day-ticks")
            .start(() -> {
              try {
                while (!ended.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                  work.run();
                }
              } catch (InterruptedException ends) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException failed) {
                failure = failed;
              }
            });
  }

  /** Ends. Throws what the work threw, after which it was not done again. */
  void end() {
    close();
    RuntimeException failed = failure;
    if (failed != null) {
      throw failed;
    }
  }

  /** Ends: what is being done is done to its end, as it may be in the middle of a statement. */
  @Override
  public void close() {
    ended.countDown();
    boolean isInterrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
