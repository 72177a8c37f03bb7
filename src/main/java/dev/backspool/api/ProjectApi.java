package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.ingest.Refusals;
import dev.backspool.ingest.Samples;
import dev.backspool.project.Projects;
import dev.backspool.project.Recorded;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** Projects over HTTP: making, listing, changing, their keys, what they turned away. */
public final class ProjectApi {
  private static final Bodies.Limits SMALL = new Bodies.Limits(64 << 10, 64 << 10, 100);
  private static final int REFUSAL_DAYS = 30;

  private final Projects projects;
  private final Refusals refusals;
  private final Samples samples;
  private final Bodies bodies;
  private final boolean hasColdTier;

  /**
   * Answers from now on.
   *
   * @param hasColdTier whether recordings can be moved to a cold tier of the archive
   */
  public ProjectApi(
      Projects projects, Refusals refusals, Samples samples, Bodies bodies, boolean hasColdTier) {
    this.projects = projects;
    this.refusals = refusals;
    this.samples = samples;
    this.bodies = bodies;
    this.hasColdTier = hasColdTier;
  }

  /** {@code GET /api/projects}. */
  public void list(Context ctx) {
    Map<UUID, Recorded> recorded = projects.recorded();
    List<ProjectJson> all =
        projects.all().stream()
            .map(project ->
                ProjectJson.of(project, recorded.getOrDefault(project.id(), Recorded.NOTHING)))
            .toList();
    Json.send(ctx, Map.of("projects", all));
  }

  /** {@code POST /api/projects}: 201 with the client secret, shown this once. */
  public void create(Context ctx) {
    ProjectForm form = form(ctx);
    String name = form.name();
    String platform = form.platform();
    if (answerErrors(ctx, form)) {
      return;
    }
    Projects.WithSecret made = projects.create(name, platform);
    ctx.header("Location", "/api/projects/" + made.project().id());
    Json.send(ctx, 201, ProjectJson.of(made.project(), Recorded.NOTHING, made.clientSecret()));
  }

  /** {@code GET /api/projects/{p}}. */
  public void get(Context ctx) {
    send(ctx, find(projects, ctx));
  }

  /** {@code PATCH /api/projects/{p}}: changes the fields it names; null removes a limit. */
  public void change(Context ctx) {
    Project project = find(projects, ctx);
    ProjectForm form = form(ctx);
    Projects.Change change = form.change(project, hasColdTier);
    if (!answerErrors(ctx, form)) {
      send(ctx, projects.change(project.id(), change).orElseThrow(NotThere::project));
    }
  }

  /** {@code POST …/rotate-key}: the old keys stop working. */
  public void rotateKey(Context ctx) {
    send(ctx, projects.rotateKey(find(projects, ctx).id()).orElseThrow(NotThere::project));
  }

  /** {@code POST …/rotate-secret}: the old secret stops working. */
  public void rotateSecret(Context ctx) {
    Projects.WithSecret rotated =
        projects.rotateSecret(find(projects, ctx).id()).orElseThrow(NotThere::project);
    Json.send(
        ctx,
        ProjectJson.of(
            rotated.project(), projects.recorded(rotated.project().id()), rotated.clientSecret()));
  }

  /** {@code DELETE /api/projects/{p}}: with everything it recorded. */
  public void delete(Context ctx) {
    if (!projects.delete(find(projects, ctx).id())) {
      throw NotThere.project();
    }
    ctx.status(204);
  }

  /** {@code POST …/sample-recordings}: 202, they are imported in the background. */
  public void addSamples(Context ctx) {
    Json.send(ctx, 202, Map.of("recordings", samples.startImportInto(find(projects, ctx))));
  }

  /** {@code GET …/refusals}: the last days' refusals, newest first. */
  public void refusals(Context ctx) {
    Project project = find(projects, ctx);
    Json.send(ctx, Map.of("refusals", refusals.of(project.id(), REFUSAL_DAYS)));
  }

  /** The project that the address names. */
  static Project find(Projects projects, Context ctx) {
    return Parameters.id(ctx, "project").flatMap(projects::byId).orElseThrow(NotThere::project);
  }

  private void send(Context ctx, Project project) {
    Json.send(ctx, ProjectJson.of(project, projects.recorded(project.id())));
  }

  private ProjectForm form(Context ctx) {
    try (Body body = bodies.read(ctx, SMALL)) {
      return new ProjectForm(Json.read(body, JsonNode.class));
    }
  }

  private static boolean answerErrors(Context ctx, ProjectForm form) {
    List<Problem.FieldError> errors = form.errors();
    if (errors.isEmpty()) {
      return false;
    }
    Problem.send(
        ctx,
        new Problem(
            "about:blank", "Bad request", 400, errors.getFirst().message(), "malformed", errors));
    return true;
  }
}
