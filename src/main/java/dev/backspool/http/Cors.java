package dev.backspool.http;

import io.javalin.http.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets the customers' pages talk to the ingest paths. Which origins a project takes is decided when
 * the key is known; a preflight carries none, so it is always answered, and refusals can be read by
 * the SDK.
 */
public final class Cors {
  private Cors() {}

  /** Headers for any answer to a page, errors included. */
  public static void allow(Context ctx) {
    String origin = ctx.header("Origin");
    ctx.header("Access-Control-Allow-Origin", origin == null ? "*" : origin);
    ctx.header("Vary", "Origin");
    ctx.header(
        "Access-Control-Expose-Headers", "Retry-After, x-stack-actual-status, x-stack-known-error");
  }

  /**
   * Headers for any answer of a contract whose paths are open to pages of every origin, without
   * credentials.
   */
  public static void allowAll(Context ctx) {
    ctx.header("Access-Control-Allow-Origin", "*");
    ctx.header("Access-Control-Expose-Headers", "Retry-After");
  }

  /**
   * Answers a preflight of such a contract: 204, and good for a week.
   *
   * @param headers what pages may send, in lower case
   */
  public static void preflightForAll(Context ctx, List<String> headers) {
    allowAll(ctx);
    ctx.header("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    ctx.header("Access-Control-Allow-Headers", String.join(", ", headers));
    ctx.header("Access-Control-Max-Age", "604800");
    ctx.status(204);
  }

  /** Answers a preflight: 204, whatever headers the SDK wants to send. */
  public static void preflight(Context ctx) {
    allow(ctx);
    @Nullable String wanted = ctx.header("Access-Control-Request-Headers");
    ctx.header("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    ctx.header(
        "Access-Control-Allow-Headers",
        wanted == null ? "content-type, authorization, content-encoding" : wanted);
    ctx.header("Access-Control-Max-Age", "86400");
    ctx.status(204);
  }
}
