package dev.backspool.bench;

import dev.backspool.Ids;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Many clients that send one upload after another. */
final class Load {
  /** A recorder that sends every five seconds has a session of some minutes. */
  private static final int UPLOADS_PER_SESSION = 40;

  private static final long HIGHEST_MICROS = 120_000_000;

  private final List<Upload> uploads;

  Load(List<Upload> uploads) {
    this.uploads = uploads;
  }

  /** Opens one client's target. */
  @FunctionalInterface
  interface Connector {
    Target connect() throws IOException;
  }

  /**
   * What was stored in the measured time.
   *
   * @param json bytes of events before compression
   * @param stored bytes of payload as stored
   * @param micros how long each upload took, in microseconds
   */
  record Measured(int clients, long json, long stored, Duration time, Histogram micros) {
    double perSecond() {
      return micros.getTotalCount() / seconds();
    }

    double seconds() {
      return time.toNanos() / 1e9;
    }

    /** In milliseconds. */
    double percentile(double percent) {
      return micros.getValueAtPercentile(percent) / 1e3;
    }
  }

  /**
   * Runs clients on virtual threads.
   *
   * @param warmUp time before the measuring begins
   * @throws IOException what the first failing client met
   */
  Measured run(int clients, Duration warmUp, Duration time, Connector connector)
      throws IOException, InterruptedException {
    var sums = new ConcurrentHistogram(HIGHEST_MICROS, 3);
    var json = new LongAdder();
    var stored = new LongAdder();
    var failure = new AtomicReference<@Nullable Exception>();
    long from = System.nanoTime() + warmUp.toNanos();
    long until = from + time.toNanos();
    var threads = new ArrayList<Thread>();
    for (int client = 0; client < clients; client++) {
      int first = client;
      threads.add(
          Thread.startVirtualThread(() -> {
            try (Target target = connector.connect()) {
              String session = Ids.uuid().toString();
              for (int n = 0; failure.get() == null; n++) {
                int seq = n % UPLOADS_PER_SESSION;
                if (seq == 0) {
                  session = Ids.uuid().toString();
                }
                Upload upload = uploads.get((first + n) % uploads.size());
                long began = System.nanoTime();
                if (began >= until) {
                  return;
                }
                target.send(upload, new Target.Batch(session, seq));
                long ended = System.nanoTime();
                if (ended >= from && ended < until) {
                  sums.recordValue(Math.min((ended - began) / 1_000, HIGHEST_MICROS));
                  json.add(upload.json());
                  stored.add(upload.events().payload().length);
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
    return new Measured(clients, json.sum(), stored.sum(), time, sums);
  }
}
