package dev.backspool.event;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Times as senders spell them: what JavaScript's {@code Date} takes of ISO 8601, RFC 2822 and its
 * own {@code toString}. A time without a zone is UTC.
 */
public final class JsDate {
  /** The farthest that a JavaScript date reaches from 1970, in ms. */
  private static final double FARTHEST = 8.64e15;

  private static final int LONGEST = 100;
  private static final Pattern ZONE_NAME = Pattern.compile("\\s*\\([^)]*\\)$");
  private static final List<DateTimeFormatter> WRITTEN_OUT =
      List.of(
          DateTimeFormatter.RFC_1123_DATE_TIME,
          DateTimeFormatter.ofPattern("EEE MMM dd yyyy HH:mm:ss 'GMT'Z", Locale.ENGLISH));

  private JsDate() {}

  /** Epoch ms of a number of ms; empty when it is beyond what a date can be. */
  public static OptionalLong of(double ms) {
    return Math.abs(ms) <= FARTHEST ? OptionalLong.of((long) ms) : OptionalLong.empty();
  }

  /** Epoch ms of a text; empty when it is no time. */
  public static OptionalLong parse(String text) {
    String date = text.strip();
    if (date.isEmpty() || date.length() > LONGEST) {
      return OptionalLong.empty();
    }
    try {
      return isDigit(date.charAt(0)) ? OptionalLong.of(new Iso(date).read()) : writtenOut(date);
    } catch (DateTimeException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalLong writtenOut(String text) {
    String date = ZONE_NAME.matcher(text).replaceFirst("");
    for (DateTimeFormatter form : WRITTEN_OUT) {
      try {
        return OptionalLong.of(form.parse(date, ZonedDateTime::from).toInstant().toEpochMilli());
      } catch (DateTimeException e) {
        // The next form may fit.
      }
    }
    return OptionalLong.empty();
  }

  /** Whether a text is an ISO 8601 time with its zone. */
  public static boolean isDateTime(String text) {
    try {
      OffsetDateTime.parse(text);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Read by hand: every queued event brings one, and the formatter costs ten times as much. */
  private static final class Iso {
    private final String text;
    private int at;

    Iso(String text) {
      this.text = text;
    }

    long read() {
      int year = digits(4);
      int month = take('-') ? digits(2) : 1;
      int day = take('-') ? digits(2) : 1;
      long ms = LocalDate.of(year, month, day).toEpochDay() * 86_400_000;
      if (take('T') || take('t') || take(' ')) {
        int hour = bounded(digits(2), 23);
        expect(':');
        int minute = bounded(digits(2), 59);
        int second = take(':') ? bounded(digits(2), 59) : 0;
        int fraction = take('.') || take(',') ? fraction() : 0;
        ms += ((hour * 60L + minute) * 60 + second) * 1000 + fraction - zone();
      }
      if (at < text.length()) {
        throw wrong();
      }
      return ms;
    }

    private int fraction() {
      int ms = 0;
      int scale = 100;
      int from = at;
      while (at < text.length() && isDigit(text.charAt(at))) {
        ms += (text.charAt(at++) - '0') * scale;
        scale /= 10;
      }
      if (at == from) {
        throw wrong();
      }
      return ms;
    }

    /** The zone's offset in ms. */
    private long zone() {
      if (at == text.length() || take('Z') || take('z')) {
        return 0;
      }
      int sign = take('-') ? -1 : 1;
      if (sign > 0) {
        expect('+');
      }
      int hours = bounded(digits(2), 23);
      take(':');
      return sign * (hours * 60L + bounded(digits(2), 59)) * 60_000;
    }

    private int digits(int count) {
      int value = 0;
      for (int end = at + count; at < end; at++) {
        if (at >= text.length() || !isDigit(text.charAt(at))) {
          throw wrong();
        }
        value = value * 10 + text.charAt(at) - '0';
      }
      return value;
    }

    private boolean take(char c) {
      boolean there = at < text.length() && text.charAt(at) == c;
      at += there ? 1 : 0;
      return there;
    }

    private void expect(char c) {
      if (!take(c)) {
        throw wrong();
      }
    }

    private int bounded(int value, int most) {
      if (value > most) {
        throw wrong();
      }
      return value;
    }

    private DateTimeException wrong() {
      return new DateTimeException("no time: " + text);
    }
  }
}
