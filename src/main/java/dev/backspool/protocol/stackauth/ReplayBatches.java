package dev.backspool.protocol.stackauth;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Cors;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.project.Projects;
import dev.backspool.protocol.stackauth.AccessTokens.User;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.Limits;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The batch upload: {@code POST /api/v1/session-replays/batch} and its first form, {@code POST
 * /api/latest/session-recordings/batch}. A body is at most 1,000,000 bytes on the wire (5,000,000
 * in the first form) and 8 MiB inflated, with 1 to 5,000 events of any JSON value.
 *
 * <p>In a project with published keys an upload must come from a signed-in user, whose sign-in
 * groups the uploads into replays; elsewhere the publishable key alone admits it.
 */
public final class ReplayBatches {
  private static final int MOST_INFLATED = 8 << 20;

  /** rrweb's JSON of repetitive pages compresses by up to 300; a bomb by thousands. */
  private static final int MOST_RATIO = 1_000;

  private static final int MOST_TEXT = 300;

  private final Ingest ingest;
  private final Bodies bodies;
  private final Callers callers;
  private final Limits eventLimits;

  /**
   * Makes the endpoint.
   *
   * @param maxJsonDepth deepest nesting of one event
   */
  public ReplayBatches(Ingest ingest, Projects projects, Bodies bodies, int maxJsonDepth) {
    this.ingest = ingest;
    this.bodies = bodies;
    this.callers = new Callers(ingest, projects);
    this.eventLimits = new Limits(BatchBody.MOST_EVENTS, maxJsonDepth, MOST_INFLATED);
  }

  /** Answers an upload of the form in use. */
  public void postReplay(Context ctx) {
    post(ctx, Generation.REPLAYS);
  }

  /** Answers an upload of the first form. */
  public void postRecording(Context ctx) {
    post(ctx, Generation.RECORDINGS);
  }

  private void post(Context ctx, Generation generation) {
    Cors.allow(ctx);
    try {
      Callers.Uploader uploader = callers.uploader(ctx);
      try {
        accept(ctx, generation, uploader);
      } catch (Refusal refusal) {
        throw counted(uploader.project(), StackFailure.of(refusal));
      }
    } catch (StackFailure failure) {
      Answers.failure(ctx, failure);
    } catch (DatabaseUnavailable away) {
      Answers.failure(ctx, Answers.databaseAway());
    } catch (RuntimeException unforeseen) {
      Answers.unexpected(ctx, unforeseen);
    }
  }

  private void accept(Context ctx, Generation generation, Callers.Uploader uploader) {
    Project project = uploader.project();
    Instant received = Instant.now();
    BatchBody batch;
    User user;
    EventBlock events;
    try (Body body = read(ctx, bodies, generation.mostBytes())) {
      batch = BatchBody.read(body, generation, eventLimits, ctx.path());
      user = uploader.requireUser();
      events = batch.events();
    } catch (StackFailure failure) {
      throw counted(project, failure);
    }
    var chunk =
        new StoreChunk(
            project.id(),
            Source.STACKAUTH,
            generation.opener(batch, user),
            batch.id(),
            batch.segment(),
            null,
            batch.session(),
            received,
            batch.sentAt(),
            null,
            visitor(ctx, user).withDeviceInfo(batch.resource()),
            events);
    switch (ingest.store(chunk)) {
      case Outcome.Stored stored ->
          Json.send(
              ctx, generation.answer(project.id(), stored.session(), batch, stored.deduped()));
      case Outcome.Refused refused -> throw StackFailure.of(refused);
    }
  }

  /** Reads a body of one of the content types that the contract has. */
  static Body read(Context ctx, Bodies bodies, int mostBytes) {
    String type = ctx.contentType() == null ? "application/json" : ctx.contentType();
    return switch (type.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT)) {
      case "application/json", "application/octet-stream", "text/plain" ->
          bodies.read(ctx, new Bodies.Limits(mostBytes, MOST_INFLATED, MOST_RATIO));
      case "application/x-www-form-urlencoded" ->
          throw StackFailure.schema(ctx.path(), List.of("body must be a JSON object"));
      default -> throw StackFailure.unparsableBody("Unknown content type of the body: " + type);
    };
  }

  private StackFailure counted(Project project, StackFailure failure) {
    ingest.count(project.id(), Source.STACKAUTH, failure.reason(), failure.text());
    return failure;
  }

  private static Visitor visitor(Context ctx, @Nullable User user) {
    Visitor visitor = Visitor.of(text(ctx.userAgent()));
    return user == null
        ? visitor
        : visitor.withProfile(text(user.id()), text(user.name()), text(user.email()));
  }

  /** No more of a text than anyone reads. */
  private static @Nullable String text(@Nullable String value) {
    if (value == null || value.isBlank()) {
      return null;
    }
    return value.length() > MOST_TEXT ? value.substring(0, MOST_TEXT) : value;
  }
}
