package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.RetentionDays;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.project.Projects;
import dev.backspool.retention.KeptSessions;
import dev.backspool.retention.Retention;
import io.javalin.http.Context;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** How long things are kept, over HTTP: what a run removes, and the sessions that outlive it. */
public final class RetentionApi {
  private static final String FOREVER = "forever";

  private final Projects projects;
  private final Retention retention;
  private final KeptSessions kept;

  public RetentionApi(Projects projects, Retention retention, KeptSessions kept) {
    this.projects = projects;
    this.retention = retention;
    this.kept = kept;
  }

  /**
   * {@code GET …/retention}: what is in force, what the next run removes, what the last ones did.
   */
  public void get(Context ctx) {
    Project project = ProjectApi.find(projects, ctx);
    Json.send(ctx, RetentionJson.of(project.retention(), retention.status(project)));
  }

  /**
   * {@code GET …/retention/next}: what the next run would remove if other days were in force, so
   * that nobody is surprised by what a change deletes.
   */
  public void next(Context ctx) {
    Project project = ProjectApi.find(projects, ctx);
    RetentionDays now = project.retention();
    var days =
        new RetentionDays(
            days(ctx, "recording_days", now.recordings()),
            days(ctx, "event_days", now.events()),
            days(ctx, "kept_days", now.kept()),
            days(ctx, "cold_after_days", now.coldAfter()));
    Json.send(ctx, RetentionJson.NextJson.of(retention.next(project.id(), days)));
  }

  private static @Nullable Integer days(Context ctx, String name, @Nullable Integer now) {
    if (FOREVER.equals(Parameters.text(ctx, name))) {
      return null;
    }
    Long days = Parameters.whole(ctx, name, 1, ProjectForm.MOST_DAYS);
    return days == null ? now : (Integer) days.intValue();
  }

  /** {@code POST …/retention/run}: 202, it runs in the background; 409 while a run is going on. */
  public void run(Context ctx) {
    Project project = ProjectApi.find(projects, ctx);
    if (retention.start(project)) {
      Json.send(ctx, 202, Map.of("started", true));
    } else {
      Problem.send(
          ctx,
          Problem.of(
              409, "retention_running", "Running already", "A run of retention is going on"));
    }
  }

  /** {@code PUT …/sessions/{s}/keep}: 204. */
  public void keep(Context ctx) {
    answer(ctx, kept::keep);
  }

  /** {@code DELETE …/sessions/{s}/keep}: 204. */
  public void release(Context ctx) {
    answer(ctx, kept::release);
  }

  private void answer(Context ctx, BiPredicate<UUID, UUID> change) {
    Project project = ProjectApi.find(projects, ctx);
    if (Parameters.id(ctx, "session").filter(id -> change.test(project.id(), id)).isEmpty()) {
      throw NotThere.session();
    }
    ctx.status(204);
  }
}
