package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.project.Projects;
import dev.backspool.retention.KeptSessions;
import dev.backspool.retention.Retention;
import io.javalin.http.Context;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiPredicate;

/** How long things are kept, over HTTP: what a run removes, and the sessions that outlive it. */
public final class RetentionApi {
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
