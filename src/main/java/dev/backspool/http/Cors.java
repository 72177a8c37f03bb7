package dev.backspool.http;

import io.javalin.http.Context;
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
