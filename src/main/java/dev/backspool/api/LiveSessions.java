package dev.backspool.api;

import dev.backspool.Reason;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.project.Projects;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Sessions;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET …/sessions/live}: server-sent events, {@code event: session} each time a session is
 * created or grows.
 *
 * <p>While a project has listeners, one thread asks the database for it once a second, however many
 * they are. Each listener has its own request thread and keeps only the newest state of each
 * session that it has not sent yet, so a slow one holds up nobody.
 */
public final class LiveSessions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveSessions.class);

  /** Below Jetty's idle timeout of 30 s; a client that is gone is noticed by it. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  private static final Duration POLL = Duration.ofSeconds(1);

  /** Uploads are dated when they arrive and seen when they are committed, in another order. */
  private static final Duration OVERLAP = Duration.ofSeconds(30);

  private static final int MOST_LISTENERS = 200;
  private static final int MOST_SESSIONS = 200;

  private final Projects projects;
  private final Sessions sessions;
  private final SessionApi api;
  private final Semaphore places = new Semaphore(MOST_LISTENERS);
  private final Map<UUID, Feed> feeds = new HashMap<>();
  private boolean closed;

  public LiveSessions(Projects projects, Sessions sessions, SessionApi api) {
    this.projects = projects;
    this.sessions = sessions;
    this.api = api;
  }

  /** Answers with the stream; returns when the client is gone or the server stops. */
  public void get(Context ctx) throws IOException {
    UUID project = ProjectApi.find(projects, ctx).id();
    if (!places.tryAcquire()) {
      throw Refusal.later(Reason.OVERLOADED, "Too many live views are open", HEARTBEAT);
    }
    try {
      listen(ctx, project);
    } finally {
      places.release();
    }
  }

  private void listen(Context ctx, UUID project) throws IOException {
    var listener = new Listener();
    if (!join(project, listener)) {
      Problem.send(
          ctx, Problem.of(503, "unavailable", "Not available now", "The server is stopping"));
      return;
    }
    try {
      ctx.res().setContentType("text/event-stream");
      ctx.res().setCharacterEncoding("utf-8");
      ctx.res().setHeader("Cache-Control", "no-store");
      ctx.res().setHeader("X-Accel-Buffering", "no");
      OutputStream out = ctx.res().getOutputStream();
      write(out, "retry: 2000\n\n");
      while (true) {
        Collection<SessionSummary> news = listener.take();
        if (listener.ended()) {
          return;
        }
        var text = new StringBuilder(news.isEmpty() ? ": still here\n\n" : "");
        for (SessionSummary session : news) {
          text.append("event: session\ndata: ")
              .append(new String(Json.bytes(api.json(session)), StandardCharsets.UTF_8))
              .append("\n\n");
        }
        write(out, text.toString());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException gone) {
      LOG.debug("A live view of {} is gone: {}", project, gone.getMessage());
    } finally {
      leave(project, listener);
    }
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** How many views are open. */
  public int listeners() {
    return MOST_LISTENERS - places.availablePermits();
  }

  private boolean join(UUID project, Listener listener) {
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

  private void leave(UUID project, Listener listener) {
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

  /** What one listener has not been sent yet. */
  private static final class Listener {
    private final Map<UUID, SessionSummary> waiting = new LinkedHashMap<>();
    private boolean ended;

    synchronized void offer(SessionSummary session) {
      waiting.put(session.id(), session);
      notifyAll();
    }

    synchronized void end() {
      ended = true;
      notifyAll();
    }

    synchronized boolean ended() {
      return ended;
    }

    /** Waits for news; nothing after the heartbeat's time. */
    synchronized Collection<SessionSummary> take() throws InterruptedException {
      long until = System.nanoTime() + HEARTBEAT.toNanos();
      while (waiting.isEmpty() && !ended) {
        long left = Duration.ofNanos(until - System.nanoTime()).toMillis();
        if (left <= 0) {
          break;
        }
        wait(left);
      }
      var news = new java.util.ArrayList<>(waiting.values());
      waiting.clear();
      return news;
    }
  }

  /** The one who asks for a project. */
  private final class Feed {
    private final UUID project;
    private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private Map<UUID, Integer> chunks = Map.of();
    private boolean started;

    Feed(UUID project) {
      this.project = project;
      this.thread = Thread.ofVirtual().name("live-" + project).unstarted(this::run);
    }

    /** What is there already is no news: it is looked at before the first listener goes on. */
    synchronized void start() {
      if (!started) {
        started = true;
        look(false);
        thread.start();
      }
    }

    private void run() {
      try {
        while (true) {
          Thread.sleep(POLL);
          try {
            look(true);
          } catch (RuntimeException e) {
            LOG.warn("Live sessions of {} could not be read: {}", project, e.getMessage());
          }
        }
      } catch (InterruptedException e) {
        // The last listener left, or the server stops.
      }
    }

    private void look(boolean tell) {
      var now = new HashMap<UUID, Integer>();
      for (SessionSummary session :
          sessions.receivedSince(project, Instant.now().minus(OVERLAP), MOST_SESSIONS)) {
        now.put(session.id(), session.chunks());
        Integer before = chunks.get(session.id());
        if (tell && (before == null || before != session.chunks())) {
          listeners.forEach(listener -> listener.offer(session));
        }
      }
      chunks = now;
    }
  }
}
