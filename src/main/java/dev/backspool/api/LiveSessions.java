package dev.backspool.api;

import dev.backspool.project.Projects;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Sessions;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * {@code GET …/sessions/live}: server-sent events, {@code event: session} each time a session is
 * created or grows. A listener keeps only the newest state of each session that it has not sent
 * yet.
 */
public final class LiveSessions implements AutoCloseable {
  /** Uploads are dated when they arrive and seen when they are committed, in another order. */
  private static final Duration OVERLAP = Duration.ofSeconds(30);

  private static final int MOST_SESSIONS = 200;

  private final Projects projects;
  private final Sessions sessions;
  private final SessionApi api;
  private final LiveStreams<SessionSummary> streams;

  public LiveSessions(Projects projects, Sessions sessions, SessionApi api) {
    this.projects = projects;
    this.sessions = sessions;
    this.api = api;
    this.streams = new LiveStreams<>("live sessions", Changes::new);
  }

  /** Answers with the stream; returns when the client is gone or the server stops. */
  public void get(Context ctx) throws IOException {
    streams.stream(ctx, ProjectApi.find(projects, ctx).id(), new Latest(), List::of);
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

  private final class Latest implements LiveStreams.Outbox<SessionSummary> {
    private final Map<UUID, SessionSummary> waiting = new LinkedHashMap<>();

    @Override
    public void add(LiveStreams.News<SessionSummary> news) {
      news.rows().forEach(session -> waiting.put(session.id(), session));
    }

    @Override
    public boolean isEmpty() {
      return waiting.isEmpty();
    }

    @Override
    public List<LiveStreams.Message> drain() {
      var messages = new ArrayList<LiveStreams.Message>();
      waiting
          .values()
          .forEach(
              session -> messages.add(new LiveStreams.Message("session", null, api.json(session))));
      waiting.clear();
      return messages;
    }
  }

  private final class Changes implements LiveStreams.Lookout<SessionSummary> {
    private record Size(int chunks, long events) {}

    private final UUID project;
    private Map<UUID, Size> known = Map.of();

    Changes(UUID project) {
      this.project = project;
    }

    @Override
    public LiveStreams.News<SessionSummary> look() {
      var now = new HashMap<UUID, Size>();
      var changed = new ArrayList<SessionSummary>();
      for (SessionSummary session :
          sessions.receivedSince(project, Instant.now().minus(OVERLAP), MOST_SESSIONS)) {
        var size = new Size(session.chunks(), session.tracking().events());
        now.put(session.id(), size);
        if (!size.equals(known.get(session.id()))) {
          changed.add(session);
        }
      }
      known = now;
      return new LiveStreams.News<>(changed, 0);
    }
  }
}
