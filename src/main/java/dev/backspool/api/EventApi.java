package dev.backspool.api;

import dev.backspool.analytics.Event;
import dev.backspool.analytics.EventFilter;
import dev.backspool.analytics.EventLog;
import dev.backspool.analytics.EventLog.Order;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.postgres.Page;
import dev.backspool.project.Projects;
import dev.backspool.recording.Sessions;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Analytics events over HTTP: the list with its filters, a session's events, their names. */
public final class EventApi {
  /** Longer than other lists, for those who take all of them. */
  private static final int MOST_EVENTS = 1_000;

  private static final Duration NAMES_SINCE = Duration.ofDays(7);

  private final Projects projects;
  private final Sessions sessions;
  private final EventLog events;

  public EventApi(Projects projects, Sessions sessions, EventLog events) {
    this.projects = projects;
    this.sessions = sessions;
    this.events = events;
  }

  record Answer(List<EventJson> events, @Nullable String nextCursor) {}

  /** {@code GET …/events}: newest first, or with {@code order=asc} oldest first. */
  public void list(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Order order =
        Parameters.choice(ctx, "order", "desc", "asc").equals("asc")
            ? Order.OLDEST_FIRST
            : Order.NEWEST_FIRST;
    send(ctx, project, filter(ctx), order);
  }

  /** {@code GET …/sessions/{s}/events}: a session's, oldest first. */
  public void ofSession(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    UUID session = SessionApi.find(projects, sessions, ctx).id();
    send(ctx, project, filter(ctx).withSession(session), Order.OLDEST_FIRST);
  }

  private void send(Context ctx, UUID project, EventFilter filter, Order order) {
    Page<Event, Long> page =
        events.page(
            project,
            filter,
            order,
            Parameters.cursor(ctx, Long::valueOf),
            Parameters.limit(ctx, MOST_EVENTS));
    Json.send(
        ctx, new Answer(page.rows().stream().map(EventJson::of).toList(), Parameters.next(page)));
  }

  /** {@code GET …/events/names}: of the last seven days unless said otherwise. */
  public void names(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Instant from = Parameters.moment(ctx, "from");
    Instant to = Parameters.moment(ctx, "to");
    Instant until = to == null ? Instant.now().plusSeconds(60) : to;
    Json.send(
        ctx,
        Map.of(
            "names", events.names(project, from == null ? until.minus(NAMES_SINCE) : from, until)));
  }

  /** The filter that the address tells. */
  static EventFilter filter(Context ctx) {
    return new EventFilter(
        Parameters.texts(ctx, "name"),
        Parameters.text(ctx, "profile"),
        Parameters.text(ctx, "device"),
        session(ctx),
        Parameters.text(ctx, "path"),
        Parameters.text(ctx, "group"),
        Parameters.text(ctx, "q"),
        Parameters.moment(ctx, "from"),
        Parameters.moment(ctx, "to"),
        Parameters.textsBehind(ctx, "property."));
  }

  private static @Nullable UUID session(Context ctx) {
    String text = Parameters.text(ctx, "session");
    if (text == null) {
      return null;
    }
    return Parameters.uuid(text)
        .orElseThrow(() -> Refusal.field("session", "session must be the id of a session"));
  }
}
