package dev.backspool.http;

import dev.backspool.Reason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Ends a request that is turned away. Each contract has its own form for it; ours is {@link
 * Problem}. Expected, so without a stack trace.
 */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Reason reason;
  private final @Nullable String field;
  private final @Nullable Duration retryAfter;

  private Refusal(
      Reason reason, String detail, @Nullable String field, @Nullable Duration retryAfter) {
    super(detail, null, false, false);
    this.reason = reason;
    this.field = field;
    this.retryAfter = retryAfter;
  }

  /** Refused for good: the same request will never do. */
  public static Refusal of(Reason reason, String detail) {
    return new Refusal(reason, detail, null, null);
  }

  /** Refused for good, because of one field where that is known. */
  public static Refusal of(Reason reason, String detail, @Nullable String field) {
    return new Refusal(reason, detail, field, null);
  }

  /**
   * A value of the request is wrong.
   *
   * @param field where it stands, for example {@code events[3].timestamp}
   */
  public static Refusal field(String field, String detail) {
    return new Refusal(Reason.MALFORMED, detail, field, null);
  }

  /** Refused for now: the same request will do later. */
  public static Refusal later(Reason reason, String detail, Duration retryAfter) {
    return new Refusal(reason, detail, null, retryAfter);
  }

  public Reason reason() {
    return reason;
  }

  /** One sentence for the client. */
  public String detail() {
    return String.valueOf(getMessage());
  }

  /** The field at fault; null where it is not one field. */
  public @Nullable String field() {
    return field;
  }

  /** When to try again; null where trying again is no use. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
