package dev.backspool.bench;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Many events of the last days in batches, and visitors beside them whose requests are timed. */
final class Backlog {
  private static final int BATCH = 2_000;
  private static final int DEVICES = 5_000;
  private static final int VISITORS = 20_000;
  private static final int LIVE_CLIENTS = 16;
  private static final Duration PACE = Duration.ofMillis(40);
  private static final long HIGHEST_MICROS = 120_000_000;

  private final EventSender sender;
  private final int senders;
  private final AtomicLong left;
  private final ConcurrentLinkedQueue<Exception> failures = new ConcurrentLinkedQueue<>();

  Backlog(EventSender sender, int senders, long events) {
    this.sender = sender;
    this.senders = senders;
    this.left = new AtomicLong(events);
  }

  /**
   * How it went.
   *
   * @param took for the backlog
   * @param liveMicros how long each request of the visitors took
   * @param memory the most that the server held
   */
  record Measured(Duration took, Histogram liveMicros, Optional<Memory> memory) {}

  /**
   * Sends all of it.
   *
   * @throws IOException what the first failing client met
   */
  Measured run(ProcessHandle server) throws IOException, InterruptedException {
    var micros = new ConcurrentHistogram(HIGHEST_MICROS, 3);
    long began = System.nanoTime();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < senders; i++) {
      threads.add(start(this::sendBatches));
    }
    for (int i = 0; i < LIVE_CLIENTS; i++) {
      threads.add(start(() -> visit(micros)));
    }
    Optional<Memory> most = Optional.empty();
    for (Thread thread : threads) {
      while (!thread.join(Duration.ofSeconds(1))) {
        Optional<Memory> now = Memory.of(server);
        if (most.isEmpty() || (now.isPresent() && now.get().server() > most.get().server())) {
          most = now;
        }
      }
    }
    Exception failure = failures.peek();
    if (failure != null) {
      throw new IOException("a client failed: " + failure, failure);
    }
    return new Measured(Duration.ofNanos(System.nanoTime() - began), micros, most);
  }

  private interface Client {
    void run() throws IOException, InterruptedException;
  }

  private Thread start(Client client) {
    return Thread.startVirtualThread(() -> {
      try {
        client.run();
      } catch (IOException | InterruptedException | RuntimeException e) {
        failures.add(e);
        left.set(0);
      }
    });
  }

  private void sendBatches() throws IOException {
    var random = ThreadLocalRandom.current();
    var bodies = new EventBodies(random.nextLong());
    try (HttpConnection connection = sender.connect()) {
      while (left.getAndAdd(-BATCH) > 0) {
        Instant from = Instant.now().minus(Duration.ofMinutes(random.nextInt(60, 4 * 24 * 60)));
        String device = "meter-" + random.nextInt(DEVICES) + "-";
        connection.post(
            "/track/batch", sender.headers(0), bodies.batch(from, BATCH, 1, device, ""));
      }
    }
  }

  private void visit(Histogram micros) throws IOException, InterruptedException {
    var random = ThreadLocalRandom.current();
    var bodies = new EventBodies(random.nextLong());
    try (HttpConnection connection = sender.connect()) {
      while (left.get() > 0) {
        String headers = sender.headers(random.nextInt(VISITORS));
        byte[] body = bodies.single("");
        long sent = System.nanoTime();
        connection.post("/track", headers, body);
        micros.recordValue(Math.min((System.nanoTime() - sent) / 1_000, HIGHEST_MICROS));
        TimeUnit.NANOSECONDS.sleep(PACE.toNanos());
      }
    }
  }
}
