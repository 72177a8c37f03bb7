package dev.backspool.api;

import dev.backspool.analytics.Event;
import dev.backspool.analytics.EventFilter;
import dev.backspool.analytics.EventLog;
import dev.backspool.http.Refusal;
import dev.backspool.postgres.Cursor;
import dev.backspool.project.Projects;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET …/events/live}: server-sent events, {@code event: event} for each event that is
 * committed and wanted, {@code event: skipped} with a count where there were too many to send. A
 * client that comes back with the last id it saw gets what it missed; the last seconds before its
 * id are sent again, as events are committed in another order than they are received.
 */
public final class LiveEvents implements AutoCloseable {
  /**
   * Events are dated when they arrive and seen when they are committed, mostly within the first of
   * these; every so many looks, as far back as the second.
   */
  private static final Duration OVERLAP = Duration.ofSeconds(5);

  private static final Duration WIDE_OVERLAP = Duration.ofSeconds(30);
  private static final int WIDE_EVERY = 5;

  /** Most events that one look tells. */
  private static final int MOST_NEWS = 5_000;

  /** Most events that wait for a slow client. */
  private static final int MOST_WAITING = 1_000;

  /** How long a client may be away and still get what it missed. */
  private static final Duration LONGEST_AWAY = Duration.ofHours(1);

  private final Projects projects;
  private final EventLog events;
  private final LiveStreams<Event> streams;

  public LiveEvents(Projects projects, EventLog events) {
    this.projects = projects;
    this.events = events;
    this.streams = new LiveStreams<>("live events", Arrivals::new);
  }

  record Skipped(long count) {}

  /** Answers with the stream; returns when the client is gone or the server stops. */
  public void get(Context ctx) throws IOException {
    UUID project = ProjectApi.find(projects, ctx).id();
    EventFilter filter = EventApi.filter(ctx);
    Cursor<Long> last = lastId(ctx);
    var waiting = new Waiting(filter);
    streams.stream(
        ctx, project, waiting, () -> last == null ? List.of() : missed(project, waiting, last));
  }

  /** How many streams are open. */
  public int listeners() {
    return streams.listeners();
  }

  /** Ends all streams. */
  @Override
  public void close() {
    streams.close();
  }

  private static @Nullable Cursor<Long> lastId(Context ctx) {
    String header = ctx.header("Last-Event-ID");
    if (header == null || header.isBlank()) {
      return null;
    }
    return Cursor.parse(header, Long::valueOf)
        .orElseThrow(
            () -> Refusal.field("Last-Event-ID", "Last-Event-ID must be an id of this stream"));
  }

  private List<LiveStreams.Message> missed(UUID project, Waiting waiting, Cursor<Long> last) {
    Instant since = last.at().minus(OVERLAP);
    Instant earliest = Instant.now().minus(LONGEST_AWAY);
    if (since.isBefore(earliest)) {
      since = earliest;
    }
    List<Event> latest = events.receivedSince(project, waiting.filter, since, MOST_WAITING + 1);
    var messages = new ArrayList<LiveStreams.Message>();
    if (latest.size() > MOST_WAITING) {
      long all = events.countReceivedSince(project, waiting.filter, since);
      latest = latest.subList(1, latest.size());
      messages.add(skipped(all - MOST_WAITING));
    }
    latest.forEach(event -> messages.add(message(event)));
    waiting.sentBefore(latest);
    return messages;
  }

  private static LiveStreams.Message message(Event event) {
    return new LiveStreams.Message(
        "event", new Cursor<>(event.receivedAt(), event.id()).text(), EventJson.of(event));
  }

  private static LiveStreams.Message skipped(long count) {
    return new LiveStreams.Message("skipped", null, new Skipped(count));
  }

  /** The wanted events that a client has not been sent; of too many, the latest. */
  private static final class Waiting implements LiveStreams.Outbox<Event> {
    private final EventFilter filter;
    private final Deque<Event> events = new ArrayDeque<>();
    private Set<Long> sent = Set.of();
    private long skipped;

    Waiting(EventFilter filter) {
      this.filter = filter;
    }

    /** What the client was sent when it joined may come once more as news. */
    synchronized void sentBefore(List<Event> opening) {
      var ids = new HashSet<Long>();
      opening.forEach(event -> ids.add(event.id()));
      sent = ids;
    }

    @Override
    public synchronized void add(LiveStreams.News<Event> news) {
      skipped += news.skipped();
      for (Event event : news.rows()) {
        if (filter.matches(event)) {
          events.add(event);
        }
      }
      for (; events.size() > MOST_WAITING; skipped++) {
        events.remove();
      }
    }

    @Override
    public synchronized boolean isEmpty() {
      return events.isEmpty() && skipped == 0;
    }

    @Override
    public synchronized List<LiveStreams.Message> drain() {
      var messages = new ArrayList<LiveStreams.Message>();
      if (skipped > 0) {
        messages.add(skipped(skipped));
      }
      for (Event event : events) {
        if (!sent.contains(event.id())) {
          messages.add(message(event));
        }
      }
      skipped = 0;
      events.clear();
      return messages;
    }
  }

  /** Looks back past what it has seen, and remembers by id what that was. */
  private final class Arrivals implements LiveStreams.Lookout<Event> {
    private final UUID project;
    private final Set<Long> seen = new HashSet<>();
    private int looks;

    Arrivals(UUID project) {
      this.project = project;
    }

    @Override
    public LiveStreams.News<Event> look() {
      boolean first = looks == 0;
      boolean wide = looks % WIDE_EVERY == 0;
      Instant since = Instant.now().minus(wide ? WIDE_OVERLAP : OVERLAP);
      List<Long> ids = events.idsSince(project, since);
      List<Long> fresh = first ? List.of() : fresh(ids);
      int skipped = Math.max(0, fresh.size() - MOST_NEWS);
      List<Event> rows =
          fresh.isEmpty()
              ? List.of()
              : events.byIds(project, since, fresh.subList(skipped, fresh.size()));
      // Only now: what could not be read is looked for again.
      looks++;
      if (wide) {
        seen.clear();
      }
      seen.addAll(ids);
      return new LiveStreams.News<>(rows, skipped);
    }

    private List<Long> fresh(List<Long> ids) {
      return ids.stream().filter(id -> !seen.contains(id)).sorted().toList();
    }
  }
}
