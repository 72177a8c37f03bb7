package dev.backspool.query.sql;

import java.util.Locale;

/**
 * A word of a query.
 *
 * @param text as it is spelled; without its quotes where it has some
 * @param position in the query, in characters from 0
 */
record Token(Kind kind, String text, int position) {
  enum Kind {
    /** A name or a keyword. */
    WORD,
    /** A name in double quotes; never a keyword. */
    QUOTED,
    NUMBER,
    /** In single quotes. */
    TEXT,
    /** {@code {name:Type}}, without the braces. */
    PARAMETER,
    SYMBOL,
    END
  }

  boolean is(String keyword) {
    return kind == Kind.WORD && text.equalsIgnoreCase(keyword);
  }

  boolean isSymbol(String symbol) {
    return kind == Kind.SYMBOL && text.equals(symbol);
  }

  String lower() {
    return text.toLowerCase(Locale.ROOT);
  }

  /** For a sentence about it. */
  String shown() {
    return kind == Kind.END ? "the end" : "\"" + text + "\"";
  }
}
