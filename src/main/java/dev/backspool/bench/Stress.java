package dev.backspool.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Clients that send one request after another, on virtual threads. */
final class Stress {
  private static final long HIGHEST_MICROS = 120_000_000;

  private Stress() {}

  /** One client. One thread at a time. */
  interface Client extends AutoCloseable {
    /** Sends a request, returns when it is answered, and says how many rows it stored. */
    int send() throws IOException;

    @Override
    default void close() throws IOException {}
  }

  /** Connects a client of this number, from 0. */
  @FunctionalInterface
  interface Connector {
    Client connect(int number) throws IOException;
  }

  /**
   * What was stored in the measured time.
   *
   * @param micros how long each request took, in microseconds
   */
  record Measured(long rows, Duration time, Histogram micros) {
    double rowsPerSecond() {
      return rows / (time.toNanos() / 1e9);
    }

    double requestsPerSecond() {
      return micros.getTotalCount() / (time.toNanos() / 1e9);
    }

    /** In milliseconds. */
    double percentile(double percent) {
      return micros.getValueAtPercentile(percent) / 1e3;
    }
  }

  /**
   * Runs the clients.
   *
   * @param warmUp time before the measuring begins
   * @throws IOException what the first failing client met
   */
  static Measured run(int clients, Duration warmUp, Duration time, Connector connector)
      throws IOException, InterruptedException {
    var micros = new ConcurrentHistogram(HIGHEST_MICROS, 3);
    var rows = new LongAdder();
    var failure = new AtomicReference<@Nullable Exception>();
    long from = System.nanoTime() + warmUp.toNanos();
    long until = from + time.toNanos();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < clients; i++) {
      int number = i;
      threads.add(
          Thread.startVirtualThread(() -> {
            try (Client client = connector.connect(number)) {
              while (failure.get() == null) {
                long began = System.nanoTime();
                if (began >= until) {
                  return;
                }
                int stored = client.send();
                long ended = System.nanoTime();
                if (ended >= from && ended < until) {
                  micros.recordValue(Math.min((ended - began) / 1_000, HIGHEST_MICROS));
                  rows.add(stored);
                }
              }
            } catch (IOException | RuntimeException e) {
              failure.compareAndSet(null, e);
            }
          }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    Exception first = failure.get();
    if (first != null) {
      throw new IOException("a client failed: " + first, first);
    }
    return new Measured(rows.sum(), time, micros);
  }
}
