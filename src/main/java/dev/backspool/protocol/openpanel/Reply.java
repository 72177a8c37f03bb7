package dev.backspool.protocol.openpanel;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.backspool.Reason;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** An answer in the contract's forms: JSON, but for 401 and 500, which are plain text. */
@SuppressWarnings("ArrayRecordComponent") // Bytes on their way out; never compared.
record Reply(int status, String type, byte[] body, @Nullable Duration retryAfter) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /**
   * Whose device and session it was.
   *
   * @param rejected why nothing was stored all the same
   * @param bot what tells that a crawler sent it
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Ids(
      String deviceId,
      String sessionId,
      @Nullable String rejected,
      @Nullable String message,
      @Nullable Bot bot) {
    Ids(String deviceId, String sessionId) {
      this(deviceId, sessionId, null, null, null);
    }

    Ids rejected(String why) {
      return new Ids(deviceId, sessionId, why, message, bot);
    }

    Ids message(String text) {
      return new Ids(deviceId, sessionId, rejected, text, bot);
    }

    Ids bot(Bot what) {
      return new Ids(deviceId, sessionId, rejected, message, what);
    }
  }

  /** Why a sender counts as a crawler. */
  record Bot(String signal) {
    static final Bot USER_AGENT = new Bot("user-agent");
  }

  /** A row of a batch that is not stored. */
  record Rejected(int index, String reason, String error) {}

  /** The answer to a batch. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Batch(int accepted, List<Rejected> rejected, @Nullable Bot bot) {}

  private record Failure(int status, String error, String message) {}

  static Reply json(int status, Object value) {
    return new Reply(
        status, "application/json; charset=utf-8", JSON.writeValueAsBytes(value), null);
  }

  static Reply text(int status, String text) {
    return new Reply(
        status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8), null);
  }

  /** A refusal of the whole request. */
  static Reply failure(int status, String message, @Nullable Duration retryAfter) {
    if (status == 401) {
      return text(status, "Ingestion: " + message);
    }
    if (status == 500) {
      return text(status, message);
    }
    Reply json = json(status, new Failure(status, title(status), message));
    return new Reply(status, json.type, json.body, retryAfter);
  }

  /** A refusal; pages of other origins are not let in, which this contract says with 401. */
  static Reply failure(Reason reason, String message, @Nullable Duration retryAfter) {
    return failure(
        reason == Reason.ORIGIN_NOT_ALLOWED ? 401 : reason.status(), message, retryAfter);
  }

  static Reply failure(Refusal refusal) {
    String field = refusal.field();
    return failure(
        refusal.reason(),
        field == null ? refusal.detail() : field + ": " + refusal.detail(),
        refusal.retryAfter());
  }

  boolean isSuccess() {
    return status < 300;
  }

  void send(Context ctx) {
    if (retryAfter != null) {
      ctx.header("Retry-After", Problem.seconds(retryAfter));
    }
    ctx.status(status).contentType(type).result(body);
  }

  private static String title(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 404 -> "Not Found";
      case 408 -> "Request Timeout";
      case 410 -> "Gone";
      case 413 -> "Payload Too Large";
      case 429 -> "Too Many Requests";
      case 503 -> "Service Unavailable";
      default -> "Error";
    };
  }
}
