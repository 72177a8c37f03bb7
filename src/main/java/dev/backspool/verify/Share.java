package dev.backspool.verify;

import java.util.concurrent.Semaphore;

/** The part of the processors that a verification may use: a server has to go on serving. */
final class Share {
  private static final Semaphore HALF =
      new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

  private Share() {}

  /** Work for a processor. */
  interface Work<T, E extends Exception> {
    T run() throws E;
  }

  /** Does it when a processor is free. */
  static <T, E extends Exception> T of(Work<T, E> work) throws E {
    HALF.acquireUninterruptibly();
    try {
      return work.run();
    } finally {
      HALF.release();
    }
  }
}
