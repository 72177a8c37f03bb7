package dev.backspool.api;

import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.ClientWatch;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.project.Projects;
import dev.backspool.query.Answer;
import dev.backspool.query.Queries;
import dev.backspool.query.QueryFailure;
import dev.backspool.query.Question;
import dev.backspool.query.Store;
import dev.backspool.query.sql.Statement;
import dev.backspool.sync.Column;
import io.javalin.http.Context;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.util.RawValue;

/** SQL over a project's copies in the columnar store; see docs/query.md. */
public final class QueryApi {
  private static final Bodies.Limits BODY = new Bodies.Limits(1 << 20, 1 << 20, 100);

  private final Projects projects;
  private final Queries queries;
  private final Bodies bodies;

  public QueryApi(Projects projects, Queries queries, Bodies bodies) {
    this.projects = projects;
    this.queries = queries;
    this.bodies = bodies;
  }

  record Stats(long elapsedMs, int rows, int bytes) {}

  record Result(RawValue result, String queryId, List<Answer.Column> columns, Stats stats) {}

  record ViewColumn(String name, String type, boolean nullable) {}

  record View(String name, List<ViewColumn> columns) {}

  record Limits(
      int rows, int bytes, long leastTimeoutMs, long usualTimeoutMs, long mostTimeoutMs) {}

  record Schema(String store, List<View> views, Set<String> functions, Limits limits) {}

  /** {@code POST …/query}: asks and waits. Who goes away ends it. */
  public void post(Context ctx) throws InterruptedException {
    UUID project = ProjectApi.find(projects, ctx).id();
    Question question;
    try (Body body = bodies.read(ctx, BODY)) {
      question = Question.of(Json.tree(body));
    } catch (Question.Malformed wrong) {
      throw Refusal.field(wrong.field(), String.valueOf(wrong.getMessage()));
    }
    try {
      Answer answer = queries.ask(project, question, new ClientWatch(ctx)::isGone);
      Json.send(ctx, result(answer));
    } catch (QueryFailure failure) {
      send(ctx, failure);
    }
  }

  private static Result result(Answer answer) {
    return new Result(
        new RawValue(new String(answer.rows(), java.nio.charset.StandardCharsets.UTF_8)),
        answer.queryId(),
        answer.columns(),
        new Stats(answer.took().toMillis(), answer.count(), answer.rows().length));
  }

  /** {@code GET …/query/schema}: what can be asked. */
  public void schema(Context ctx) {
    ProjectApi.find(projects, ctx);
    Store store = queries.store().orElse(null);
    if (store == null) {
      throw NotThere.columnarStore();
    }
    Json.send(
        ctx,
        new Schema(
            store.name(),
            Statement.views().stream()
                .map(
                    view -> new View(view.id(), view.all().stream().map(QueryApi::column).toList()))
                .toList(),
            store.dialect().functions().names(),
            new Limits(
                Queries.MOST_ROWS,
                Queries.MOST_BYTES,
                Question.SHORTEST.toMillis(),
                Question.USUAL.toMillis(),
                Question.LONGEST.toMillis())));
  }

  private static ViewColumn column(Column column) {
    String type =
        switch (column.type()) {
          case TEXT, WORD -> "text";
          case TEXTS -> "text[]";
          case UUID, BOOLEAN, INTEGER, BIGINT, REAL, DOUBLE, TIMESTAMP, JSON ->
              column.type().name().toLowerCase(Locale.ROOT);
        };
    return new ViewColumn(column.name(), type, column.nullable());
  }

  private static void send(Context ctx, QueryFailure failure) {
    switch (failure.kind()) {
      case REFUSED -> problem(ctx, 400, "query_refused", "Bad request", failure);
      case FAILED -> problem(ctx, 400, "query_failed", "The query failed", failure);
      case TIMEOUT -> problem(ctx, 400, "query_timeout", "The query took too long", failure);
      case TOO_LARGE -> problem(ctx, 400, "query_too_large", "The result is too large", failure);
      case ABANDONED -> problem(ctx, 400, "query_abandoned", "Nobody waits", failure);
      case OFF -> NotThere.columnarStore().send(ctx);
      case BUSY, UNAVAILABLE ->
          Problem.send(
              ctx,
              Problem.of(
                  503,
                  failure.kind() == QueryFailure.Kind.BUSY ? "too_many_queries" : "unavailable",
                  "Not available now",
                  failure.text()),
              Queries.COME_AGAIN);
    }
  }

  private static void problem(
      Context ctx, int status, String code, String title, QueryFailure failure) {
    String field = failure.parameter() == null ? "query" : "params." + failure.parameter();
    Problem.send(
        ctx,
        new Problem(
            "about:blank",
            title,
            status,
            failure.text(),
            code,
            List.of(new Problem.FieldError(field, failure.text()))));
  }
}
