package dev.backspool.rrweb;

import org.jspecify.annotations.Nullable;

/**
 * A member that {@link EventScanner} looks for: its name, and where its value lies in the event.
 */
final class Member {
  /** An answer of {@link #integer}: no such member, or not a whole number that fits. */
  static final int NONE = Integer.MIN_VALUE;

  private final String name;
  private final JsonScanner json;
  private int from = -1;
  private int to;

  Member(String name, JsonScanner json) {
    this.name = name;
    this.json = json;
  }

  /** Whether the member's name stands there as it is. */
  boolean isNamed(byte[] bytes, int from, int to) {
    return JsonString.isPlainly(name, bytes, from, to);
  }

  /** Whether this is the member's name. */
  boolean isNamed(String text) {
    return name.equals(text);
  }

  void forget() {
    from = -1;
  }

  void found(int from, int to) {
    this.from = from;
    this.to = to;
  }

  /** Where the value begins, or {@code otherwise} when the event has no such member. */
  int at(int otherwise) {
    return from < 0 ? otherwise : from;
  }

  /** Whether the value is a string of this text. */
  boolean is(String text) {
    return isString() && JsonString.is(text, json.bytes(), from + 1, to - 1);
  }

  /** The text of a string, or null when the value is none. */
  @Nullable String text() {
    return isString() ? JsonString.decode(json.bytes(), from + 1, to - 1) : null;
  }

  private boolean isString() {
    return from >= 0 && json.bytes()[from] == '"';
  }

  /** The value as a whole number ({@code 3}, {@code 3.0}, {@code 3e0}), or {@link #NONE}. */
  int integer() {
    double number = number();
    return number == Math.rint(number) && Math.abs(number) <= Integer.MAX_VALUE
        ? (int) number
        : NONE;
  }

  /** The value as a number, infinite beyond a double's range; NaN when it is not a number. */
  double number() {
    if (from < 0) {
      return Double.NaN;
    }
    byte[] bytes = json.bytes();
    byte first = bytes[from];
    if (first != '-' && (first < '0' || first > '9')) {
      return Double.NaN;
    }
    long plain = 0;
    for (int p = from; p < to; p++) {
      int digit = bytes[p] - '0';
      if (digit < 0 || digit > 9 || p - from == 15) {
        return Double.parseDouble(JsonString.decode(bytes, from, to));
      }
      plain = plain * 10 + digit;
    }
    return plain;
  }
}
