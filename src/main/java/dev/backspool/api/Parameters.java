package dev.backspool.api;

import dev.backspool.http.Refusal;
import io.javalin.http.Context;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads values out of a request's address; a wrong one is a {@link Refusal} that names it. */
final class Parameters {
  private static final int MOST_TEXT = 500;

  private Parameters() {}

  /**
   * An id in the path; empty when it is none of ours, which is no different from an unknown one.
   */
  static java.util.Optional<UUID> id(Context ctx, String name) {
    try {
      UUID id = UUID.fromString(ctx.pathParam(name));
      return id.toString().equalsIgnoreCase(ctx.pathParam(name))
          ? java.util.Optional.of(id)
          : java.util.Optional.empty();
    } catch (IllegalArgumentException e) {
      return java.util.Optional.empty();
    }
  }

  static @Nullable String text(Context ctx, String name) {
    String value = ctx.queryParam(name);
    if (value == null || value.isBlank()) {
      return null;
    }
    if (value.length() > MOST_TEXT || value.indexOf('\0') >= 0) {
      throw Refusal.field(name, name + " must be text of at most " + MOST_TEXT + " characters");
    }
    return value.strip();
  }

  static boolean flag(Context ctx, String name) {
    String value = text(ctx, name);
    if (value == null || value.equals("false")) {
      return false;
    }
    if (value.equals("true")) {
      return true;
    }
    throw Refusal.field(name, name + " must be true or false");
  }

  static @Nullable Long whole(Context ctx, String name, long least, long most) {
    String value = text(ctx, name);
    if (value == null) {
      return null;
    }
    try {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message for everything that is no such number.
    }
    throw Refusal.field(name, name + " must be a whole number from " + least + " to " + most);
  }

  /** A moment: ISO-8601 with an offset, or epoch ms. */
  static @Nullable Instant moment(Context ctx, String name) {
    String value = text(ctx, name);
    if (value == null) {
      return null;
    }
    try {
      if (value.matches("-?[0-9]{1,15}")) {
        return Instant.ofEpochMilli(Long.parseLong(value));
      }
      // A space is what an unescaped plus in an address reads as.
      return OffsetDateTime.parse(value.replace(' ', '+')).toInstant();
    } catch (DateTimeParseException e) {
      throw Refusal.field(
          name, name + " must be a time such as 2026-11-21T08:00:00Z, or milliseconds since 1970");
    }
  }
}
