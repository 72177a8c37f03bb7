package dev.backspool.event;

/** Takes out of texts what PostgreSQL and JSON readers cannot hold. */
public final class Text {
  private Text() {}

  /** The text without NUL and without surrogates that stand alone. */
  public static String clean(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        return rewritten(text, i);
      }
    }
    return text;
  }

  private static String rewritten(String text, int from) {
    var clean = new StringBuilder(text.length()).append(text, 0, from);
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (pair) {
        clean.append(c).append(text.charAt(++i));
      } else if (c != 0 && !Character.isSurrogate(c)) {
        clean.append(c);
      }
    }
    return clean.toString();
  }
}
