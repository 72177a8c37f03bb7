package dev.backspool.api;

import dev.backspool.Reason;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server-sent events of one kind of news.
 *
 * <p>While a project has listeners, one thread asks the database for it once a second, however many
 * they are. Each listener has its own request thread and its own {@link Outbox}, so a slow one
 * holds up nobody.
 *
 * @param <N> a piece of news
 */
final class LiveStreams<N> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveStreams.class);

  /** Below Jetty's idle timeout of 30 s; a client that is gone is noticed by it. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  private static final Duration POLL = Duration.ofSeconds(1);
  private static final int MOST_LISTENERS = 200;

  private final String name;
  private final Function<UUID, Lookout<N>> lookouts;
  private final Semaphore places = new Semaphore(MOST_LISTENERS);
  private final Map<UUID, Feed> feeds = new HashMap<>();
  private boolean closed;

  /**
   * Makes streams; nothing runs until somebody listens.
   *
   * @param name for logs
   * @param lookouts makes the one who asks for a project
   */
  LiveStreams(String name, Function<UUID, Lookout<N>> lookouts) {
    this.name = name;
    this.lookouts = lookouts;
  }

  /** Asks for the news of one project; used by one thread at a time. */
  interface Lookout<N> {
    /** What is new since the last look. What the first look finds is no news, and not told. */
    News<N> look();
  }

  /**
   * What a look found.
   *
   * @param skipped how many there were beside these, which are too many to tell
   */
  record News<N>(List<N> rows, int skipped) {}

  /**
   * A message to a client.
   *
   * @param event its kind
   * @param id where the client may resume; null where it cannot
   * @param data becomes JSON
   */
  record Message(String event, @Nullable String id, Object data) {}

  /** What one listener has not been sent yet. The stream calls it under a lock. */
  interface Outbox<N> {
    void add(News<N> news);

    boolean isEmpty();

    /** Takes out what waits. */
    List<Message> drain();
  }

  /**
   * Fills a listener's outbox with what it missed before it joined; from then on it misses none.
   */
  interface Opening {
    List<Message> messages();
  }

  /** Answers with the stream; returns when the client is gone or the server stops. */
  void stream(Context ctx, UUID project, Outbox<N> outbox, Opening opening) throws IOException {
    if (!places.tryAcquire()) {
      throw Refusal.later(Reason.OVERLOADED, "Too many live views are open", HEARTBEAT);
    }
    try {
      listen(ctx, project, new Listener<>(outbox), opening);
    } finally {
      places.release();
    }
  }

  private void listen(Context ctx, UUID project, Listener<N> listener, Opening opening)
      throws IOException {
    if (!join(project, listener)) {
      Problem.send(
          ctx, Problem.of(503, "unavailable", "Not available now", "The server is stopping"));
      return;
    }
    try {
      List<Message> missed = opening.messages();
      ctx.res().setContentType("text/event-stream");
      ctx.res().setCharacterEncoding("utf-8");
      ctx.res().setHeader("Cache-Control", "no-store");
      ctx.res().setHeader("X-Accel-Buffering", "no");
      OutputStream out = ctx.res().getOutputStream();
      write(out, "retry: 2000\n\n" + text(missed));
      while (true) {
        List<Message> news = listener.take();
        if (listener.ended()) {
          return;
        }
        write(out, news.isEmpty() ? ": still here\n\n" : text(news));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException gone) {
      LOG.debug("A live view of {} is gone: {}", project, gone.getMessage());
    } finally {
      leave(project, listener);
    }
  }

  private static String text(List<Message> messages) {
    var text = new StringBuilder();
    for (Message message : messages) {
      text.append("event: ").append(message.event()).append('\n');
      if (message.id() != null) {
        text.append("id: ").append(message.id()).append('\n');
      }
      text.append("data: ")
          .append(new String(Json.bytes(message.data()), StandardCharsets.UTF_8))
          .append("\n\n");
    }
    return text.toString();
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** How many streams are open. */
  int listeners() {
    return MOST_LISTENERS - places.availablePermits();
  }

  private boolean join(UUID project, Listener<N> listener) {
    Feed feed;
    synchronized (feeds) {
      if (closed) {
        return false;
      }
      feed = feeds.computeIfAbsent(project, Feed::new);
      feed.listeners.add(listener);
    }
    feed.start();
    return true;
  }

  private void leave(UUID project, Listener<N> listener) {
    synchronized (feeds) {
      Feed feed = feeds.get(project);
      if (feed != null && feed.listeners.remove(listener) && feed.listeners.isEmpty()) {
        feeds.remove(project);
        feed.thread.interrupt();
      }
    }
  }

  /** Ends all streams. */
  @Override
  public void close() {
    synchronized (feeds) {
      closed = true;
      feeds
          .values()
          .forEach(feed -> {
            feed.thread.interrupt();
            feed.listeners.forEach(Listener::end);
          });
      feeds.clear();
    }
  }

  private static final class Listener<N> {
    private final Outbox<N> outbox;
    private boolean ended;

    Listener(Outbox<N> outbox) {
      this.outbox = outbox;
    }

    synchronized void offer(News<N> news) {
      outbox.add(news);
      notifyAll();
    }

    synchronized void end() {
      ended = true;
      notifyAll();
    }

    synchronized boolean ended() {
      return ended;
    }

    /** Waits for messages; none after the heartbeat's time. */
    synchronized List<Message> take() throws InterruptedException {
      long until = System.nanoTime() + HEARTBEAT.toNanos();
      while (outbox.isEmpty() && !ended) {
        long left = Duration.ofNanos(until - System.nanoTime()).toMillis();
        if (left <= 0) {
          break;
        }
        wait(left);
      }
      return outbox.drain();
    }
  }

  /** The listeners of a project, and the thread that asks for them. */
  private final class Feed {
    private final UUID project;
    private final Lookout<N> lookout;
    private final Set<Listener<N>> listeners = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private boolean started;

    Feed(UUID project) {
      this.project = project;
      this.lookout = lookouts.apply(project);
      this.thread = Thread.ofVirtual().name(name + "-" + project).unstarted(this::run);
    }

    /** What is there already is no news: it is looked at before the first listener goes on. */
    synchronized void start() {
      if (!started) {
        lookout.look();
        started = true;
        thread.start();
      }
    }

    private void run() {
      try {
        while (true) {
          Thread.sleep(POLL);
          try {
            News<N> news = lookout.look();
            if (!news.rows().isEmpty() || news.skipped() > 0) {
              listeners.forEach(listener -> listener.offer(news));
            }
          } catch (RuntimeException e) {
            LOG.warn("The {} of {} could not be read: {}", name, project, e.getMessage());
          }
        }
      } catch (InterruptedException e) {
        // The last listener left, or the server stops.
      }
    }
  }
}
