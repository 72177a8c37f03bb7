package dev.backspool.protocol.uxcam;

import dev.backspool.http.EarlyAnswer;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Outcome;
import io.javalin.http.Context;
import java.time.Duration;

/** The contract's form of a refusal: JSON that says {@code success: false} and why. */
final class UxcamForm {
  private UxcamForm() {}

  private record Failure(boolean success, String error, String code) {}

  static void send(Context ctx, Refusal refusal) {
    Duration retryAfter = refusal.retryAfter();
    if (retryAfter != null) {
      ctx.header("Retry-After", Problem.seconds(retryAfter));
    }
    String field = refusal.field();
    String detail = refusal.detail();
    var failure =
        new Failure(
            false,
            field == null || detail.contains(field) ? detail : field + ": " + detail,
            refusal.reason().code());
    ctx.status(refusal.reason().status()).contentType("application/json; charset=utf-8");
    EarlyAnswer.send(ctx, Json.bytes(failure));
  }

  static Refusal refusal(Outcome.Refused refused) {
    Duration retryAfter = refused.retryAfter();
    return retryAfter == null
        ? Refusal.of(refused.reason(), refused.detail())
        : Refusal.later(refused.reason(), refused.detail(), retryAfter);
  }
}
