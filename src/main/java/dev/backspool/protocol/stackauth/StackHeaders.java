package dev.backspool.protocol.stackauth;

import io.javalin.http.Context;
import org.jspecify.annotations.Nullable;

/**
 * The contract's own request headers. Published clients from 2.8 on spell them {@code X-Hexclave-…}
 * instead of {@code X-Stack-…}; both name the same thing.
 */
final class StackHeaders {
  private StackHeaders() {}

  /**
   * The value of a header, null when it is not there or empty.
   *
   * @param name without its prefix, for example {@code Project-Id}
   */
  static @Nullable String of(Context ctx, String name) {
    String value = ctx.header("X-Stack-" + name);
    if (value == null) {
      value = ctx.header("X-Hexclave-" + name);
    }
    return value == null || value.isBlank() ? null : value.strip();
  }
}
