package dev.backspool.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.backspool.Ids;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one maker of error bodies in our own contract (RFC 9457). An unexpected exception tells the
 * client a reference and the log everything.
 *
 * @param code a stable word a program can branch on, for example {@code too_large}
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Problem(
    String type, String title, int status, String detail, String code, List<FieldError> errors) {

  /** A field of the request and what is wrong with it. */
  public record FieldError(String field, String message) {}

  private static final Logger LOG = LoggerFactory.getLogger(Problem.class);

  public static Problem of(int status, String code, String title, String detail) {
    return new Problem("about:blank", title, status, detail, code, List.of());
  }

  /** Answers with a refusal. */
  public static void send(Context ctx, Refusal refusal) {
    String field = refusal.field();
    send(
        ctx,
        new Problem(
            "about:blank",
            title(refusal.reason().status()),
            refusal.reason().status(),
            refusal.detail(),
            refusal.reason().code(),
            field == null ? List.of() : List.of(new FieldError(field, refusal.detail()))),
        refusal.retryAfter());
  }

  public static void send(Context ctx, Problem problem) {
    send(ctx, problem, null);
  }

  /**
   * Answers with a problem that may pass.
   *
   * @param retryAfter when it may be worth to ask again; null does not say
   */
  public static void send(Context ctx, Problem problem, @Nullable Duration retryAfter) {
    if (retryAfter != null) {
      ctx.header("Retry-After", seconds(retryAfter));
    }
    ctx.status(problem.status())
        .contentType("application/problem+json")
        .result(Json.bytes(problem));
  }

  /** The value of {@code Retry-After}: whole seconds, at least one. */
  public static String seconds(Duration retryAfter) {
    return Long.toString(Math.max(1, (retryAfter.toMillis() + 999) / 1000));
  }

  /** Logs a failure nobody foresaw and gives the reference that the client may be told. */
  public static String log(Context ctx, Exception failure) {
    String reference = Ids.reference();
    // The route's pattern and not the path, in which a person's id may stand.
    LOG.error("{} {} failed, reference {}", ctx.method(), route(ctx), reference, failure);
    return reference;
  }

  private static String route(Context ctx) {
    var endpoint = ctx.endpoints().lastHttpEndpoint();
    return endpoint == null ? "(no route)" : endpoint.path;
  }

  /** Answers a failure nobody foresaw. */
  public static void unexpected(Context ctx, Exception failure) {
    send(
        ctx,
        of(500, "internal_error", title(500), "Internal error, reference " + log(ctx, failure)));
  }

  private static String title(int status) {
    return switch (status) {
      case 400 -> "Bad request";
      case 401 -> "Not signed in";
      case 403 -> "Not allowed";
      case 404 -> "Not found";
      case 408 -> "Request incomplete";
      case 410 -> "Gone";
      case 413 -> "Too large";
      case 429 -> "Too many requests";
      case 503 -> "Not available now";
      default -> "Internal error";
    };
  }
}
