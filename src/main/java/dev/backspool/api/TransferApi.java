package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.project.Projects;
import dev.backspool.transfer.Destination;
import dev.backspool.transfer.NotNow;
import dev.backspool.transfer.Place;
import dev.backspool.transfer.ProjectExport;
import dev.backspool.transfer.ProjectFileException;
import dev.backspool.transfer.ProjectFileWriter;
import dev.backspool.transfer.ProjectHead;
import dev.backspool.transfer.ProjectImport;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whole projects over HTTP, in the form of {@code docs/project-file.md}. */
public final class TransferApi {
  private static final Logger LOG = LoggerFactory.getLogger(TransferApi.class);
  private static final Bodies.Limits SMALL = new Bodies.Limits(1 << 20, 1 << 20, 100);
  private static final Duration SOON = Duration.ofSeconds(5);

  private final Projects projects;
  private final ProjectExport export;
  private final ProjectImport importing;
  private final Bodies bodies;

  public TransferApi(
      Projects projects, ProjectExport export, ProjectImport importing, Bodies bodies) {
    this.projects = projects;
    this.export = export;
    this.importing = importing;
    this.bodies = bodies;
  }

  /**
   * {@code GET …/export}: a project file as a stream, or what of one is behind the place that
   * {@code after} names. What goes wrong on the way breaks it off: it then has no manifest.
   */
  public void export(Context ctx) throws IOException {
    Project project = ProjectApi.find(projects, ctx);
    String word = ctx.queryParam("after");
    Place place = word == null || word.isBlank() ? null : place(word);
    boolean withKeys = Parameters.flag(ctx, "keys");
    ctx.contentType("application/x-tar");
    ctx.header("Content-Disposition", "attachment; filename=\"" + project.id() + ".tar\"");
    try (var file =
        new ProjectFileWriter(
            ctx.res().getOutputStream(), Instant.now(), ProjectFileWriter.Heard.NOTHING)) {
      try {
        write(project, place, withKeys, file);
        file.finish();
      } catch (IOException | RuntimeException failure) {
        LOG.warn("The export of project {} is broken off", project.id(), failure);
        file.breakOff("The server broke off: " + failure.getMessage());
      }
    }
  }

  private void write(
      Project project, @Nullable Place place, boolean withKeys, ProjectFileWriter file)
      throws IOException {
    if (place != null) {
      export.write(project.id(), place, file);
    } else {
      export.write(export.head(project, withKeys), file);
    }
  }

  private static Place place(String word) {
    return Place.parse(word)
        .orElseThrow(() -> Refusal.field("after", "after must be a place of an earlier export"));
  }

  /** The answer to {@link #begin}. */
  record Begun(ProjectJson project, boolean made, boolean withItsKeys) {}

  /**
   * {@code POST /api/projects/import}: takes the first entry of a project file, and answers with
   * the project that the others go to, made where it is not there.
   */
  public void begin(Context ctx) throws IOException {
    try (Body body = bodies.read(ctx, SMALL)) {
      ProjectHead head = ProjectHead.parse(Arrays.copyOf(body.bytes(), body.length()));
      Destination destination = importing.destination(head, Parameters.text(ctx, "project"));
      Project project = destination.project();
      Json.send(
          ctx,
          new Begun(
              ProjectJson.of(project, projects.recorded(project.id()), destination.clientSecret()),
              destination.made(),
              destination.withItsKeys()));
    } catch (ProjectFileException e) {
      throw Refusal.field("body", String.valueOf(e.getMessage()));
    } catch (NotNow e) {
      throw Refusal.later(Reason.UNAVAILABLE, String.valueOf(e.getMessage()), SOON);
    }
  }

  /** {@code POST …/import}: stores entries of a project file; 200 when they are committed. */
  public void take(Context ctx) throws IOException {
    Project project = ProjectApi.find(projects, ctx);
    try {
      Json.send(
          ctx, importing.take(project.id(), ctx.bodyInputStream(), ProjectImport.Heard.NOTHING));
    } catch (ProjectFileException e) {
      throw Refusal.field("body", String.valueOf(e.getMessage()));
    } catch (NotNow e) {
      throw Refusal.later(Reason.UNAVAILABLE, String.valueOf(e.getMessage()), SOON);
    }
  }
}
