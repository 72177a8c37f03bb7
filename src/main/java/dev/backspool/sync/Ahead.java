package dev.backspool.sync;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * The next page, read while the one before it is on its way to the sink. One that nobody takes any
 * more was read for nothing.
 */
final class Ahead<T> {
  private final FutureTask<T> task;

  private Ahead(FutureTask<T> task) {
    this.task = task;
  }

  /** Begins to read. */
  static <T> Ahead<T> begin(Supplier<T> read) {
    var task = new FutureTask<T>(read::get);
    Thread.ofVirtual().name("sync-ahead").start(task);
    return new Ahead<>(task);
  }

  /** Waits for it. Throws what reading did. */
  T take() {
    try {
      return task.get();
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(failure.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The sync was interrupted", e);
    }
  }
}
