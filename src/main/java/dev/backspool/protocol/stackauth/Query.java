package dev.backspool.protocol.stackauth;

import io.javalin.http.Context;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The query parameters of a read. What does not fit is 400 with a sentence fixed per parameter. */
final class Query {
  /** The last moment that a JavaScript date can be. */
  static final long LAST_MOMENT = 8_640_000_000_000_000L;

  private static final int MOST_IDS = 1_000;

  private final Context ctx;

  Query(Context ctx) {
    this.ctx = ctx;
  }

  /** A parameter's text; null when it is not there or empty. */
  @Nullable String text(String name) {
    String value = ctx.queryParam(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** A whole number in a range; null when the parameter is not there. */
  @Nullable Long number(String name, long least, long most) {
    String value = ctx.queryParam(name);
    if (value == null) {
      return null;
    }
    try {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one sentence for everything that is no such number.
    }
    throw StackFailure.badRequest(
        most == LAST_MOMENT
            ? name + " must be a non-negative integer"
            : name + " must be an integer from " + least + " to " + most);
  }

  int number(String name, int least, int most, int otherwise) {
    Long number = number(name, least, most);
    return number == null ? otherwise : Math.toIntExact(number);
  }

  /** Ids between commas, in lower case; null when the parameter is not there or empty. */
  @Nullable List<String> ids(String name) {
    String value = text(name);
    if (value == null) {
      return null;
    }
    List<String> ids = Arrays.stream(value.split(",", -1)).map(String::strip).toList();
    if (ids.size() > MOST_IDS || !ids.stream().allMatch(StackIds::isId)) {
      throw StackFailure.badRequest(
          name + " must be at most " + MOST_IDS + " UUIDs with commas between them");
    }
    return ids.stream().map(id -> id.toLowerCase(java.util.Locale.ROOT)).toList();
  }

  /** Refuses a range whose ends are the wrong way round. */
  static void ordered(
      String leastName, @Nullable Long least, String mostName, @Nullable Long most) {
    if (least != null && most != null && least > most) {
      throw StackFailure.badRequest(leastName + " must not be greater than " + mostName);
    }
  }
}
