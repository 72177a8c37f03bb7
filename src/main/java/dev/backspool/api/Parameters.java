package dev.backspool.api;

import dev.backspool.http.Refusal;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Page;
import io.javalin.http.Context;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads values out of a request's address; a wrong one is a {@link Refusal} that names it. */
final class Parameters {
  private static final int MOST_TEXT = 500;
  private static final int MOST_VALUES = 100;
  private static final int PAGE = 50;
  private static final int MOST_ROWS = 200;

  private Parameters() {}

  /**
   * An id in the path; empty when it is none of ours, which is no different from an unknown one.
   */
  static Optional<UUID> id(Context ctx, String name) {
    return uuid(ctx.pathParam(name));
  }

  /** A UUID in its usual form; empty when the text is none. */
  static Optional<UUID> uuid(String text) {
    try {
      UUID id = UUID.fromString(text);
      return id.toString().equalsIgnoreCase(text) ? Optional.of(id) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** A customer's own id in the path: any text. What no row can hold is not there. */
  static String name(Context ctx, String name) {
    return ctx.pathParam(name).replace('\0', ' ');
  }

  static @Nullable String text(Context ctx, String name) {
    String value = ctx.queryParam(name);
    return value == null || value.isBlank() ? null : checked(name, value);
  }

  /** All values of a parameter that may be given several times; blank ones are passed over. */
  static List<String> texts(Context ctx, String name) {
    List<String> values =
        ctx.queryParams(name).stream()
            .filter(value -> !value.isBlank())
            .map(value -> checked(name, value))
            .distinct()
            .toList();
    if (values.size() > MOST_VALUES) {
      throw Refusal.field(name, name + " must not be given more than " + MOST_VALUES + " times");
    }
    return values;
  }

  /** The parameters whose names have a prefix, by the rest of their names. */
  static Map<String, String> textsBehind(Context ctx, String prefix) {
    var values = new TreeMap<String, String>();
    ctx.queryParamMap()
        .forEach((name, given) -> {
          if (name.startsWith(prefix)) {
            if (name.length() == prefix.length() || values.size() == MOST_VALUES) {
              throw Refusal.field(
                  name, name + " must name one of at most " + MOST_VALUES + " properties");
            }
            if (given.size() > 1) {
              throw Refusal.field(name, name + " must be given once");
            }
            checked(name, name);
            values.put(name.substring(prefix.length()), checked(name, given.getFirst()));
          }
        });
    return values;
  }

  private static String checked(String name, String value) {
    if (value.length() > MOST_TEXT || value.indexOf('\0') >= 0) {
      throw Refusal.field(name, name + " must be text of at most " + MOST_TEXT + " characters");
    }
    return value.strip();
  }

  static boolean flag(Context ctx, String name) {
    return choice(ctx, name, "false", "true").equals("true");
  }

  /** One of a few words; without the parameter, the first. */
  static String choice(Context ctx, String name, String... words) {
    String value = text(ctx, name);
    if (value == null) {
      return words[0];
    }
    if (!List.of(words).contains(value)) {
      throw Refusal.field(name, name + " must be " + String.join(" or ", words));
    }
    return value;
  }

  /** The most rows that a page of a list may have. */
  static int limit(Context ctx) {
    return limit(ctx, MOST_ROWS);
  }

  /** The same, for a list whose pages may be longer or must be shorter than others'. */
  static int limit(Context ctx, int most) {
    Long limit = whole(ctx, "limit", 1, most);
    return limit == null ? PAGE : limit.intValue();
  }

  /**
   * Where an earlier page of a list ended; null from the start.
   *
   * @param id reads the rows' ids
   */
  static <I> @Nullable Cursor<I> cursor(Context ctx, Function<String, I> id) {
    String text = ctx.queryParam("cursor");
    if (text == null || text.isBlank()) {
      return null;
    }
    return Cursor.parse(text, id)
        .orElseThrow(
            () -> Refusal.field("cursor", "cursor must be the next_cursor of an earlier answer"));
  }

  /** The cursor of the next page, for the answer; null at the end. */
  static @Nullable String next(Page<?, ?> page) {
    Cursor<?> next = page.next();
    return next == null ? null : next.text();
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
