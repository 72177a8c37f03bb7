package dev.backspool.eventday;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;

/**
 * Times as lines have them, such as {@code 2026-11-21T10:00:00.123456Z}: read without what the JDK
 * spends on all the other forms there are, as a day has millions.
 */
final class Micros {
  private static final int SECONDS_END = "2026-11-21T10:00:00".length();
  private static final int MOST_DIGITS = 9;

  private Micros() {}

  /**
   * A time.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Instant instant(String text) {
    try {
      return isUsual(text) ? usual(text) : Instant.parse(text);
    } catch (DateTimeException none) {
      throw new IllegalArgumentException("not an event: no time", none);
    }
  }

  private static boolean isUsual(String text) {
    int length = text.length();
    if (length <= SECONDS_END || text.charAt(length - 1) != 'Z' || text.charAt(4) != '-') {
      return false;
    }
    int digits = length - SECONDS_END - 2;
    return digits <= MOST_DIGITS
        && (length == SECONDS_END + 1 || (digits > 0 && text.charAt(SECONDS_END) == '.'));
  }

  private static Instant usual(String text) {
    long day =
        LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10)).toEpochDay();
    int seconds = number(text, 11, 13) * 3_600 + number(text, 14, 16) * 60 + number(text, 17, 19);
    int nanos = 0;
    int end = text.length() - 1;
    if (end > SECONDS_END) {
      nanos = number(text, SECONDS_END + 1, end);
      for (int digits = end - SECONDS_END - 1; digits < MOST_DIGITS; digits++) {
        nanos *= 10;
      }
    }
    return Instant.ofEpochSecond(day * 86_400 + seconds, nanos);
  }

  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw new DateTimeException("no digit");
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
