package dev.backspool.protocol.uxcam;

import dev.backspool.Reason;
import dev.backspool.event.StoredEvents;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Outcome;
import io.javalin.http.Context;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

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
    Json.send(ctx, refusal.reason().status(), failure);
  }

  static Refusal refusal(Outcome.Refused refused) {
    return refusal(refused.reason(), refused.detail(), refused.retryAfter());
  }

  static Refusal refusal(StoredEvents.Refused refused) {
    return refusal(refused.reason(), refused.detail(), refused.retryAfter());
  }

  private static Refusal refusal(Reason reason, String detail, @Nullable Duration retryAfter) {
    return retryAfter == null
        ? Refusal.of(reason, detail)
        : Refusal.later(reason, detail, retryAfter);
  }
}
