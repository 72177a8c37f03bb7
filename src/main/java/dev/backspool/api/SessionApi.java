package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.http.Json;
import dev.backspool.postgres.Page;
import dev.backspool.project.Projects;
import dev.backspool.recording.SessionFilter;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Sessions;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Sessions over HTTP: the list with its filters, and single ones. */
public final class SessionApi {
  private static final long LONGEST_MS = Duration.ofDays(3_650).toMillis();

  private final Projects projects;
  private final Sessions sessions;
  private final Devices devices = new Devices();

  public SessionApi(Projects projects, Sessions sessions) {
    this.projects = projects;
    this.sessions = sessions;
  }

  record Answer(List<SessionJson> sessions, @Nullable String nextCursor) {}

  /** {@code GET …/sessions}. */
  public void list(Context ctx) {
    Project project = ProjectApi.find(projects, ctx);
    Page<SessionSummary, UUID> page =
        sessions.page(
            project.id(),
            filter(ctx),
            Parameters.cursor(ctx, UUID::fromString),
            Parameters.limit(ctx));
    Json.send(
        ctx, new Answer(page.rows().stream().map(this::json).toList(), Parameters.next(page)));
  }

  /** {@code GET …/sessions/{s}}. */
  public void get(Context ctx) {
    Json.send(ctx, json(find(projects, sessions, ctx)));
  }

  /** A session as the API shows it. */
  SessionJson json(SessionSummary session) {
    return SessionJson.of(session, devices);
  }

  /** The session that the address names. */
  static SessionSummary find(Projects projects, Sessions sessions, Context ctx) {
    Project project = ProjectApi.find(projects, ctx);
    return Parameters.id(ctx, "session")
        .flatMap(id -> sessions.byId(project.id(), id))
        .orElseThrow(NotThere::session);
  }

  private static SessionFilter filter(Context ctx) {
    Long minEvents = Parameters.whole(ctx, "min_events", 0, Integer.MAX_VALUE);
    return new SessionFilter(
        Parameters.moment(ctx, "from"),
        Parameters.moment(ctx, "to"),
        Parameters.text(ctx, "profile"),
        duration(ctx, "min_duration_ms"),
        duration(ctx, "max_duration_ms"),
        minEvents == null ? null : minEvents.intValue(),
        Parameters.text(ctx, "url"),
        Parameters.flag(ctx, "has_errors"),
        Parameters.flag(ctx, "live"),
        Parameters.text(ctx, "profile_id"),
        whether(ctx, "recording"),
        Parameters.text(ctx, "event"),
        whether(ctx, "kept"));
  }

  private static @Nullable Boolean whether(Context ctx, String name) {
    String wanted = Parameters.choice(ctx, name, "any", "true", "false");
    return wanted.equals("any") ? null : Boolean.valueOf(wanted);
  }

  private static @Nullable Duration duration(Context ctx, String name) {
    Long ms = Parameters.whole(ctx, name, 0, LONGEST_MS);
    return ms == null ? null : Duration.ofMillis(ms);
  }
}
