package dev.backspool.protocol.stackauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.backspool.Reason;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes the error answers of this contract. A client that sends {@code Override-Error-Status} gets
 * them as 200 with the true status in {@code x-stack-actual-status}, so that the browser's console
 * stays quiet; a known error's code stands in {@code x-stack-known-error} and in the body.
 */
final class Answers {
  private Answers() {}

  static void failure(Context ctx, StackFailure failure) {
    String code = failure.code();
    status(ctx, failure.status());
    Duration retryAfter = failure.retryAfter();
    if (retryAfter != null) {
      ctx.header("Retry-After", Problem.seconds(retryAfter));
    }
    if (code == null) {
      send(ctx, "text/plain; charset=utf-8", failure.text().getBytes(UTF_8));
      return;
    }
    var body = new LinkedHashMap<String, @Nullable Object>();
    body.put("code", code);
    body.put("error", failure.text());
    if (!failure.details().isEmpty()) {
      body.put("details", failure.details());
    }
    ctx.header("x-stack-known-error", code);
    send(ctx, "application/json; charset=utf-8", Json.bytes(body));
  }

  /** Answers while the database is away. */
  static StackFailure databaseAway() {
    return StackFailure.later(
        Reason.UNAVAILABLE, "The database cannot be reached", Duration.ofSeconds(2));
  }

  /** Answers while the archive is away. */
  static StackFailure archiveAway() {
    return StackFailure.later(
        Reason.UNAVAILABLE, "The archive does not answer", Duration.ofSeconds(5));
  }

  /** Answers a failure nobody foresaw: a reference for the client, everything for the log. */
  static void unexpected(Context ctx, Exception failure) {
    String reference = Problem.log(ctx, failure);
    status(ctx, 500);
    String text = "Internal error, reference " + reference;
    send(ctx, "text/plain; charset=utf-8", text.getBytes(UTF_8));
  }

  private static void send(Context ctx, String type, byte[] body) {
    ctx.contentType(type).result(body);
  }

  private static void status(Context ctx, int status) {
    boolean override = "true".equalsIgnoreCase(StackHeaders.of(ctx, "Override-Error-Status"));
    ctx.header("x-stack-actual-status", Integer.toString(status));
    ctx.status(override ? 200 : status);
  }
}
