package dev.backspool.api;

import dev.backspool.Reason;
import dev.backspool.erasure.Erasures;
import dev.backspool.erasure.Receipt;
import dev.backspool.erasure.StillGoingOn;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.postgres.Page;
import dev.backspool.project.Projects;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Erasing over HTTP, and the receipts of it. */
public final class ErasureApi {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final Projects projects;
  private final Erasures erasures;

  public ErasureApi(Projects projects, Erasures erasures) {
    this.projects = projects;
    this.erasures = erasures;
  }

  record ReceiptJson(
      UUID id,
      String kind,
      String state,
      Instant requestedAt,
      @Nullable Instant rowsRemovedAt,
      @Nullable Instant objectsRemovedAt,
      @Nullable Instant tombstonesLiftedAt,
      Map<String, Long> removed,
      List<String> objects) {

    static ReceiptJson of(Receipt receipt) {
      return new ReceiptJson(
          receipt.id(),
          receipt.kind(),
          receipt.state(),
          receipt.requestedAt(),
          receipt.rowsRemovedAt(),
          receipt.objectsRemovedAt(),
          receipt.liftedAt(),
          receipt.removed(),
          receipt.objects());
    }
  }

  record Answer(List<ReceiptJson> erasures, @Nullable String nextCursor) {}

  /** {@code DELETE …/sessions/{s}}: answers with the receipt when all rows are gone. */
  public void session(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    UUID session = Parameters.id(ctx, "session").orElseThrow(NotThere::session);
    erase(ctx, project, () -> erasures.eraseSession(project, session), NotThere::session);
  }

  /** {@code DELETE …/profiles/{profile}}: as above, with all that is the person's. */
  public void profile(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    String profile = Parameters.name(ctx, "profile");
    erase(ctx, project, () -> erasures.eraseProfile(project, profile), NotThere::profile);
  }

  private static void erase(
      Context ctx, UUID project, Supplier<Optional<Receipt>> work, Supplier<NotThere> unknown) {
    try {
      Json.send(ctx, ReceiptJson.of(work.get().orElseThrow(unknown)));
    } catch (StillGoingOn late) {
      if (late.erasure() != null) {
        ctx.header("Location", "/api/projects/" + project + "/erasures/" + late.erasure());
      }
      throw Refusal.later(Reason.UNAVAILABLE, String.valueOf(late.getMessage()), SOON);
    }
  }

  /** {@code GET …/erasures}: receipts, newest first. */
  public void list(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Page<Receipt, UUID> page =
        erasures.page(project, Parameters.cursor(ctx, UUID::fromString), Parameters.limit(ctx));
    Json.send(
        ctx, new Answer(page.rows().stream().map(ReceiptJson::of).toList(), Parameters.next(page)));
  }

  /** {@code GET …/erasures/{erasure}}. */
  public void get(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Json.send(
        ctx,
        ReceiptJson.of(
            Parameters.id(ctx, "erasure")
                .flatMap(id -> erasures.byId(project, id))
                .orElseThrow(NotThere::erasure)));
  }

  /** {@code DELETE …/erasures/{erasure}/tombstones}: what was erased may be recorded again. */
  public void lift(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Receipt receipt =
        Parameters.id(ctx, "erasure")
            .flatMap(id -> erasures.lift(project, id))
            .orElseThrow(NotThere::erasure);
    if (receipt.liftedAt() == null) {
      Problem.send(
          ctx,
          Problem.of(
              409, "erasure_going_on", "Conflict", "Its rows are still being removed; try later"));
      return;
    }
    ctx.status(204);
  }
}
