package dev.backspool.protocol.stackauth;

import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.ClientWatch;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Ingest;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.project.Projects;
import dev.backspool.query.Answer;
import dev.backspool.query.Queries;
import dev.backspool.query.QueryFailure;
import dev.backspool.query.Question;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.util.RawValue;

/**
 * SQL for the project's own servers: {@code POST /api/v1/analytics/query}, with the project's
 * secret. Whatever goes wrong with a query is {@code ANALYTICS_QUERY_ERROR}.
 */
public final class AnalyticsQueries {
  private static final int MOST_BYTES = 1_000_000;

  /** Ours have no branches; the contract's id of a query names one. */
  private static final String BRANCH = ":main:";

  private final Callers callers;
  private final Queries queries;
  private final Bodies bodies;

  public AnalyticsQueries(Ingest ingest, Projects projects, Queries queries, Bodies bodies) {
    this.callers = new Callers(ingest, projects);
    this.queries = queries;
    this.bodies = bodies;
  }

  private record Result(RawValue result, String queryId) {}

  /** Answers a query. */
  public void post(Context ctx) throws InterruptedException {
    try {
      Project project = callers.server(ctx);
      Answer answer = queries.ask(project.id(), question(ctx), new ClientWatch(ctx)::isGone);
      Json.send(
          ctx,
          new Result(
              new RawValue(new String(answer.rows(), StandardCharsets.UTF_8)),
              project.id() + BRANCH + answer.queryId()));
    } catch (QueryFailure failure) {
      Answers.failure(ctx, translate(failure));
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

  private Question question(Context ctx) {
    try (Body body = ReplayBatches.read(ctx, bodies, MOST_BYTES)) {
      JsonNode root = Json.tree(body);
      if (root.path("include_all_branches").asBoolean(false)) {
        throw StackFailure.schema(ctx.path(), List.of("body.include_all_branches must be false"));
      }
      return Question.of(root);
    } catch (Question.Malformed wrong) {
      throw StackFailure.schema(ctx.path(), List.of("body." + wrong.getMessage()));
    }
  }

  private static StackFailure translate(QueryFailure failure) {
    return switch (failure.kind()) {
      case REFUSED, FAILED, TIMEOUT, TOO_LARGE, ABANDONED ->
          StackFailure.analyticsQuery(failure.text());
      case OFF -> StackFailure.analyticsOff();
      case BUSY -> StackFailure.later(Reason.OVERLOADED, failure.text(), Queries.COME_AGAIN);
      case UNAVAILABLE ->
          StackFailure.later(Reason.UNAVAILABLE, failure.text(), Queries.COME_AGAIN);
    };
  }
}
