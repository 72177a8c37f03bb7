package dev.backspool.protocol.stackauth;

import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Ingest;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.project.Projects;
import dev.backspool.sync.Sync;
import dev.backspool.sync.SyncStatus;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Status and switches of the database sync, in the contract's form: {@code GET
 * …/internal/external-db-sync/status} and {@code GET/POST …/fusebox}. The project {@code internal},
 * whose admins may ask there, is the installation here, and its super secret admin key the admin
 * token. A project's own server may ask for its own status with the project's secret.
 */
public final class DatabaseSync {
  private static final Bodies.Limits SMALL = new Bodies.Limits(64 << 10, 64 << 10, 100);
  private static final String INTERNAL = "internal";

  private final Callers callers;
  private final Projects projects;
  private final Sync sync;
  private final Predicate<String> isAdminToken;
  private final Bodies bodies;

  /**
   * The endpoints over the core.
   *
   * @param isAdminToken whether a text is the installation's admin token
   */
  public DatabaseSync(
      Ingest ingest, Projects projects, Sync sync, Predicate<String> isAdminToken, Bodies bodies) {
    this.callers = new Callers(ingest, projects);
    this.projects = projects;
    this.sync = sync;
    this.isAdminToken = isAdminToken;
    this.bodies = bodies;
  }

  private interface Work {
    void run();
  }

  private static void answer(Context ctx, Work work) {
    ctx.header("Cache-Control", "no-store");
    try {
      work.run();
    } catch (StackFailure failure) {
      Answers.failure(ctx, failure);
    } catch (Refusal refusal) {
      Answers.failure(ctx, StackFailure.of(refusal));
    } catch (DatabaseUnavailable away) {
      Answers.failure(ctx, Answers.databaseAway());
    } catch (RuntimeException unforeseen) {
      Answers.unexpected(ctx, unforeseen);
    }
  }

  /** {@code GET …/status?scope=tenancy|all}. */
  public void status(Context ctx) {
    answer(
        ctx,
        () -> {
          boolean isInstallation = isInternal(ctx);
          @Nullable Project project = isInstallation ? null : callers.server(ctx);
          if (isInstallation) {
            requireAdmin(ctx);
          }
          String scope = ctx.queryParam("scope");
          if (scope != null && !scope.equals("tenancy") && !scope.equals("all")) {
            throw StackFailure.badRequest("scope must be tenancy or all");
          }
          boolean isAll = "all".equals(scope);
          if (isAll && project != null) {
            throw StackFailure.plain(
                403, Reason.WRONG_KEY, "Only the project internal may ask of all tenancies");
          }
          SyncStatus status =
              project == null ? sync.statuses().all() : sync.statuses().of(project.id());
          Json.send(
              ctx,
              DatabaseSyncJson.of(
                  status,
                  sync.numbers().of(project == null ? null : project.id()),
                  isAll,
                  projects.all().size()));
        });
  }

  private record Fusebox(boolean ok, boolean sequencerEnabled, boolean pollerEnabled) {}

  /** {@code GET …/fusebox}. */
  public void fusebox(Context ctx) {
    answer(
        ctx,
        () -> {
          requireInternal(ctx);
          send(ctx);
        });
  }

  /** {@code POST …/fusebox}: both must be said. */
  public void setFusebox(Context ctx) {
    answer(
        ctx,
        () -> {
          requireInternal(ctx);
          JsonNode body;
          try (Body sent = bodies.read(ctx, SMALL)) {
            body = Json.read(sent, JsonNode.class);
          }
          var problems = new ArrayList<String>();
          boolean sequencer = flag(body, "sequencer_enabled", problems);
          boolean poller = flag(body, "poller_enabled", problems);
          if (!problems.isEmpty()) {
            throw StackFailure.schema(ctx.path(), problems);
          }
          sync.pause("tail", !sequencer);
          sync.pause("load", !poller);
          send(ctx);
        });
  }

  private void send(Context ctx) {
    Json.send(ctx, new Fusebox(true, !sync.isPaused("tail"), !sync.isPaused("load")));
  }

  private static boolean flag(JsonNode body, String field, List<String> problems) {
    JsonNode value = body.path(field);
    if (!value.isBoolean()) {
      problems.add(
          "body." + field + (value.isMissingNode() ? " must be defined" : " must be a boolean"));
    }
    return value.booleanValue(false);
  }

  private static boolean isInternal(Context ctx) {
    return INTERNAL.equals(StackHeaders.of(ctx, "Project-Id"));
  }

  /** What switches for everybody is not for the servers of one project. */
  private void requireInternal(Context ctx) {
    if (!isInternal(ctx)) {
      throw StackFailure.plain(
          403, Reason.WRONG_KEY, "Only the project internal may use this endpoint");
    }
    requireAdmin(ctx);
  }

  private void requireAdmin(Context ctx) {
    String type = StackHeaders.of(ctx, "Access-Type");
    if (type == null) {
      throw StackFailure.accessTypeRequired();
    }
    String key = StackHeaders.of(ctx, "Super-Secret-Admin-Key");
    if (!type.equals("admin") || key == null || !isAdminToken.test(key)) {
      throw StackFailure.adminRequired();
    }
  }
}
