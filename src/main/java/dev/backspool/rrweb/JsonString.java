package dev.backspool.rrweb;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The text of a JSON string that {@link JsonScanner} has passed, with its escapes undone. */
final class JsonString {
  /** Bytes of an escape such as {@code \\u0041}. */
  private static final int LONGEST_ESCAPE = 6;

  private JsonString() {}

  /**
   * The text between two quotes; {@code from} is after the opening one, {@code to} at the closing.
   */
  static String decode(byte[] bytes, int from, int to) {
    int escape = backslash(bytes, from, to);
    if (escape == to) {
      return new String(bytes, from, to - from, UTF_8);
    }
    StringBuilder text = new StringBuilder(to - from);
    int p = from;
    while (escape < to) {
      text.append(new String(bytes, p, escape - p, UTF_8));
      byte c = bytes[escape + 1];
      p = escape + 2;
      switch (c) {
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'u' -> {
          int unit = 0;
          for (int i = 0; i < 4; i++) {
            unit = (unit << 4) | JsonScanner.hexDigit(bytes[p + i]);
          }
          text.append((char) unit);
          p += 4;
        }
        default -> text.append((char) c);
      }
      escape = backslash(bytes, p, to);
    }
    return text.append(new String(bytes, p, to - p, UTF_8)).toString();
  }

  private static int backslash(byte[] bytes, int from, int to) {
    int p = from;
    while (p < to && bytes[p] != '\\') {
      p++;
    }
    return p;
  }

  /** Whether the string between two quotes, however it is spelled, is this ASCII text. */
  static boolean is(String text, byte[] bytes, int from, int to) {
    return isPlainly(text, bytes, from, to)
        || (to - from > text.length()
            && to - from <= LONGEST_ESCAPE * text.length()
            && hasEscapes(bytes, from, to)
            && decode(bytes, from, to).equals(text));
  }

  /** Whether the string between two quotes is this ASCII text, letter by letter. */
  static boolean isPlainly(String text, byte[] bytes, int from, int to) {
    int length = text.length();
    if (to - from != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  static boolean hasEscapes(byte[] bytes, int from, int to) {
    return backslash(bytes, from, to) < to;
  }
}
