package dev.backspool.bench;

import dev.backspool.Ids;
import dev.backspool.bench.EventLedger.Post;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sends events whose rows have names, and keeps book of them. One thread at a time.
 *
 * <p>The devices and visitors are those of the round before, so that sessions grow and are closed
 * across kills.
 */
final class EventClient implements AutoCloseable {
  private static final String BATCH = "/track/batch";
  private static final int LEAST_ROWS = 20;
  private static final int MOST_ROWS = 200;
  private static final int DEVICES = 8;
  private static final int VISITORS = 64;
  private static final Duration YOUNG = Duration.ofMinutes(10);

  /** Within the five days that events are taken of, far enough from its end. */
  private static final int BACKLOG_MINUTES = 110 * 60;

  private final EventSender sender;
  private final EventLedger ledger;
  private final HttpConnection connection;
  private final EventBodies bodies = new EventBodies(ThreadLocalRandom.current().nextLong());

  EventClient(EventSender sender, EventLedger ledger) throws IOException {
    this.sender = sender;
    this.ledger = ledger;
    connection = sender.connect();
  }

  /**
   * Sends a batch of some devices' events: young ones, or those of some half hour of the last days,
   * whose sessions are closed seconds after, and closed again when more of them comes.
   *
   * @param client whose devices they are
   */
  void batch(int client) throws IOException {
    var random = ThreadLocalRandom.current();
    int rows = random.nextInt(LEAST_ROWS, MOST_ROWS + 1);
    Duration ago =
        random.nextBoolean() ? YOUNG : Duration.ofMinutes(random.nextInt(2 * 60, BACKLOG_MINUTES));
    String mark = Ids.uuid().toString();
    byte[] body =
        bodies.batch(Instant.now().minus(ago), rows, DEVICES, "client-" + client + "-", mark);
    send(new Post(mark, rows, BATCH, client, body));
  }

  /** Sends an event of one of some visitors by itself. */
  void single() throws IOException {
    String mark = Ids.uuid().toString();
    int visitor = ThreadLocalRandom.current().nextInt(VISITORS);
    send(new Post(mark, 1, "/track", visitor, bodies.single(mark)));
  }

  /**
   * Sends a request, for the first time or once more.
   *
   * @throws IOException when the other side is gone; whether it was stored is not known
   */
  void send(Post post) throws IOException {
    ledger.sending(post);
    String answer = connection.post(post.path(), sender.headers(post.visitor()), post.body());
    if (post.path().equals(BATCH) && !answer.contains("\"accepted\":" + post.rows() + ",")) {
      throw new Target.Refused(answer);
    }
    ledger.acknowledged(post);
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
