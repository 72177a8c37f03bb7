package dev.backspool.api;

import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.project.Projects;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Mappings;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkRow;
import dev.backspool.sync.Sinks;
import dev.backspool.sync.Sync;
import dev.backspool.sync.Whereabouts;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Copies elsewhere, over HTTP: how they stand, which sinks there are, and what is to be done with
 * them. Under a project's address are its own sinks, under {@code /api/internal/sync} all of them.
 * Connections come in and never go out.
 */
public final class SyncApi {
  private static final Bodies.Limits SMALL = new Bodies.Limits(64 << 10, 64 << 10, 100);
  private static final int MOST_SINKS = 20;

  private final Projects projects;
  private final Sync sync;
  private final Sinks sinks;
  private final Bodies bodies;

  public SyncApi(Projects projects, Sync sync, Bodies bodies) {
    this.projects = projects;
    this.sync = sync;
    this.sinks = sync.sinks();
    this.bodies = bodies;
  }

  /** {@code GET /api/internal/sync/status}: all sinks and projects, or {@code ?project=} one. */
  public void all(Context ctx) {
    String project = Parameters.text(ctx, "project");
    Json.send(
        ctx,
        SyncJson.of(
            project == null
                ? sync.statuses().all()
                : sync.statuses().of(known(project).orElseThrow(NotThere::project))));
  }

  private Optional<UUID> known(String id) {
    return Parameters.uuid(id).flatMap(projects::byId).map(dev.backspool.Project::id);
  }

  /** {@code GET …/sync/status}: the sinks that a project's rows go to, and its rows alone. */
  public void status(Context ctx) {
    Json.send(ctx, SyncJson.of(sync.statuses().of(project(ctx))));
  }

  /**
   * A sink as it is registered, without numbers.
   *
   * @param address where it is, without the password
   */
  record SinkJson(
      UUID id,
      @Nullable UUID projectId,
      String kind,
      String name,
      @Nullable Whereabouts address,
      boolean paused,
      boolean required,
      Instant createdAt) {

    static SinkJson of(Sinks.Registered sink) {
      return new SinkJson(
          sink.row().id(),
          sink.row().project(),
          sink.row().kind(),
          sink.row().name(),
          sink.whereabouts(),
          sink.row().isPaused(),
          sink.row().isRequired(),
          sink.createdAt());
    }
  }

  private record Listed(List<SinkJson> sinks, Set<String> kinds) {}

  /** {@code GET …/sync/sinks}: a project's own, and the kinds that can be added. */
  public void list(Context ctx) {
    Json.send(
        ctx,
        new Listed(
            sinks.of(project(ctx)).stream().map(SinkJson::of).toList(),
            new TreeSet<>(sinks.kinds())));
  }

  /** {@code GET …/sync/sinks/{sink}}. */
  public void get(Context ctx) {
    send(ctx, 200, own(ctx).id());
  }

  private void send(Context ctx, int status, UUID sink) {
    Json.send(ctx, status, sinks.show(sink).map(SinkJson::of).orElseThrow(NotThere::sink));
  }

  /**
   * {@code POST …/sync/sinks}: 201 once the sink answered, let us in and let us make tables; from
   * then on everything goes there.
   */
  public void add(Context ctx) {
    UUID project = project(ctx);
    SinkForm form = form(ctx);
    String kind = form.kind(sinks.kinds());
    String name = form.name();
    String connection = form.connection();
    boolean required = Boolean.TRUE.equals(form.flag("required"));
    if (answerErrors(ctx, form)) {
      return;
    }
    if (sinks.of(project).size() >= MOST_SINKS) {
      Problem.send(
          ctx,
          Problem.of(
              409, "too_many_sinks", "Conflict", "A project has at most " + MOST_SINKS + " sinks"));
      return;
    }
    if (answers(ctx, kind, connection)) {
      UUID id = sinks.add(project, kind, name, connection, required);
      ctx.header("Location", "/api/projects/" + project + "/sync/sinks/" + id);
      send(ctx, 201, id);
    }
  }

  private record Reached(boolean ok, @Nullable Whereabouts address) {}

  /** {@code POST …/sync/sinks/test}: does what adding would do first, and stores nothing. */
  public void test(Context ctx) {
    project(ctx);
    SinkForm form = form(ctx);
    String kind = form.kind(sinks.kinds());
    String connection = form.connection();
    if (!answerErrors(ctx, form) && answers(ctx, kind, connection)) {
      Json.send(ctx, new Reached(true, Sinks.whereabouts(connection)));
    }
  }

  /** {@code PATCH …/sync/sinks/{sink}}: name, paused, connection; the last is tried before. */
  public void change(Context ctx) {
    change(ctx, own(ctx));
  }

  /** {@code PATCH /api/internal/sync/sinks/{sink}}: the same for any sink. */
  public void changeAny(Context ctx) {
    change(ctx, any(ctx));
  }

  private void change(Context ctx, SinkRow sink) {
    SinkForm form = form(ctx);
    String name = form.changedName();
    Boolean paused = form.flag("paused");
    String connection = form.changedConnection();
    if (connection != null && !sinks.kinds().contains(sink.kind())) {
      form.wrong("connection", "cannot be given: the sink belongs to a server");
    }
    if (answerErrors(ctx, form) || (connection != null && !answers(ctx, sink.kind(), connection))) {
      return;
    }
    if (name != null) {
      sinks.rename(sink.id(), name);
    }
    if (connection != null) {
      sinks.reconnect(sink.id(), connection);
    }
    if (paused != null) {
      sinks.pause(sink.id(), paused);
    }
    send(ctx, 200, sink.id());
  }

  /** {@code POST …/sync/sinks/{sink}/resync}: 202; {@code mapping} loads that one alone again. */
  public void resync(Context ctx) {
    UUID project = project(ctx);
    SinkRow sink = own(ctx);
    resync(ctx, sink, form(ctx), project);
  }

  /**
   * {@code POST /api/internal/sync/sinks/{sink}/resync}: the same for any sink; {@code project}
   * loads that one alone again.
   */
  public void resyncAny(Context ctx) {
    SinkRow sink = any(ctx);
    SinkForm form = form(ctx);
    String text = form.optional("project");
    UUID project = text == null ? null : known(text).orElse(null);
    if (text != null && (project == null || !sink.takes(project))) {
      form.wrong("project", "must be the id of a project that goes to this sink");
    }
    resync(ctx, sink, form, project);
  }

  private void resync(Context ctx, SinkRow sink, SinkForm form, @Nullable UUID project) {
    String mapping = form.choice("mapping", Mappings.ALL.stream().map(Mapping::id).toList());
    if (!answerErrors(ctx, form)) {
      sinks.resync(sink.id(), project, mapping);
      Json.send(ctx, 202, Map.of("started", true));
    }
  }

  /** {@code DELETE …/sync/sinks/{sink}}: 204; what is there stays there. */
  public void remove(Context ctx) {
    if (!sinks.remove(own(ctx).id())) {
      throw NotThere.sink();
    }
    ctx.status(204);
  }

  record QuarantinedJson(
      UUID sinkId, String mapping, List<Object> key, String reason, Instant since) {}

  /** {@code GET …/sync/quarantine}: rows that sinks do not take, the latest first. */
  public void quarantine(Context ctx) {
    UUID project = project(ctx);
    Json.send(
        ctx,
        Map.of(
            "rows",
            sync.statuses().quarantined(project).stream()
                .map(row ->
                    new QuarantinedJson(
                        row.sink(),
                        row.mapping(),
                        // As text: JavaScript would round an event's id.
                        row.key().stream().<Object>map(String::valueOf).toList(),
                        row.reason(),
                        row.since()))
                .toList()));
  }

  /** {@code PATCH /api/internal/sync/stages/{stage}}: {@code paused}, everywhere at once. */
  public void stage(Context ctx) {
    SinkForm form = form(ctx);
    boolean paused = form.requiredFlag("paused");
    if (answerErrors(ctx, form)) {
      return;
    }
    if (!sync.pause(ctx.pathParam("stage"), paused)) {
      throw NotThere.stage();
    }
    Json.send(ctx, Map.of("stage", ctx.pathParam("stage"), "paused", paused));
  }

  private UUID project(Context ctx) {
    return ProjectApi.find(projects, ctx).id();
  }

  /** The project's own sink that the address names; nobody else's is there. */
  private SinkRow own(Context ctx) {
    UUID project = project(ctx);
    return Parameters.id(ctx, "sink")
        .flatMap(sinks::find)
        .filter(sink -> project.equals(sink.project()))
        .orElseThrow(NotThere::sink);
  }

  private SinkRow any(Context ctx) {
    return Parameters.id(ctx, "sink").flatMap(sinks::find).orElseThrow(NotThere::sink);
  }

  private SinkForm form(Context ctx) {
    try (Body body = bodies.read(ctx, SMALL)) {
      return new SinkForm(
          body.length() == 0
              ? JsonNodeFactory.instance.objectNode()
              : Json.read(body, JsonNode.class));
    }
  }

  /**
   * Whether a destination can be used; otherwise what is wrong is answered, without repeating it.
   */
  private boolean answers(Context ctx, String kind, String connection) {
    try {
      sinks.check(kind, connection);
      return true;
    } catch (SinkException refusal) {
      String why = String.valueOf(refusal.getMessage());
      boolean isAway = refusal.kind() == SinkException.Kind.UNREACHABLE;
      Problem.send(
          ctx,
          new Problem(
              "about:blank",
              isAway ? "No answer" : "Refused",
              400,
              why,
              isAway ? "sink_unreachable" : "sink_refused",
              List.of(new Problem.FieldError("connection", why))));
      return false;
    }
  }

  private static boolean answerErrors(Context ctx, SinkForm form) {
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
