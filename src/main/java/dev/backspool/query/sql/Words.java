package dev.backspool.query.sql;

import dev.backspool.query.sql.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The words of a query, and how far they are read. */
final class Words {
  private static final int DEEPEST = 60;

  /** No names, unless quoted. */
  private static final Set<String> KEYWORDS =
      Set.of(
          "all",
          "and",
          "any",
          "anti",
          "array",
          "as",
          "asc",
          "asof",
          "between",
          "by",
          "case",
          "cast",
          "cross",
          "desc",
          "distinct",
          "else",
          "end",
          "except",
          "exists",
          "extract",
          "false",
          "fetch",
          "filter",
          "final",
          "for",
          "format",
          "from",
          "full",
          "global",
          "group",
          "having",
          "ilike",
          "in",
          "inner",
          "intersect",
          "interval",
          "into",
          "is",
          "join",
          "lateral",
          "left",
          "like",
          "limit",
          "natural",
          "not",
          "null",
          "nulls",
          "offset",
          "on",
          "or",
          "order",
          "outer",
          "over",
          "partition",
          "pivot",
          "positional",
          "prewhere",
          "qualify",
          "right",
          "sample",
          "select",
          "semi",
          "settings",
          "tablesample",
          "then",
          "true",
          "try_cast",
          "union",
          "unpivot",
          "using",
          "values",
          "when",
          "where",
          "window",
          "with");

  /** Keywords that are functions as well, before a parenthesis. */
  private static final Set<String> ALSO_FUNCTIONS = Set.of("left", "right", "any");

  private final List<Token> tokens;
  private int at;
  private int depth;

  Words(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return peek(0);
  }

  /** A word further on. */
  Token peek(int ahead) {
    return tokens.get(Math.min(at + ahead, tokens.size() - 1));
  }

  int position() {
    return peek().position();
  }

  Token take() {
    Token token = peek();
    if (token.kind() != Kind.END) {
      at++;
    }
    return token;
  }

  boolean take(String keyword) {
    boolean is = peek().is(keyword);
    if (is) {
      at++;
    }
    return is;
  }

  boolean takeSymbol(String symbol) {
    boolean is = peek().isSymbol(symbol);
    if (is) {
      at++;
    }
    return is;
  }

  void need(String keyword) {
    if (!take(keyword)) {
      throw expected(keyword.toUpperCase(Locale.ROOT));
    }
  }

  void needSymbol(String symbol) {
    if (!takeSymbol(symbol)) {
      throw expected("\"" + symbol + "\"");
    }
  }

  SqlError expected(String what) {
    return new SqlError(position(), what + " is expected here, not " + peek().shown());
  }

  boolean isName() {
    Token token = peek();
    return token.kind() == Kind.QUOTED
        || (token.kind() == Kind.WORD && !KEYWORDS.contains(token.lower()));
  }

  boolean isFunction() {
    Token token = peek();
    return peek(1).isSymbol("(")
        && token.kind() == Kind.WORD
        && (!KEYWORDS.contains(token.lower()) || ALSO_FUNCTIONS.contains(token.lower()));
  }

  String name() {
    if (!isName()) {
      throw expected("a name");
    }
    return take().text();
  }

  /** The name that something is given; null when it gets none. */
  @Nullable String alias() {
    return take("as") || isName() ? name() : null;
  }

  /** Whatever can hold itself goes through here: so deep and no deeper. */
  <T> T deeper(Supplier<T> part) {
    if (++depth > DEEPEST) {
      throw new SqlError(position(), "this is nested too deep");
    }
    T read = part.get();
    depth--;
    return read;
  }

  /** One or more, with commas between. */
  <T> List<T> listed(Supplier<T> part) {
    var all = new ArrayList<T>();
    do {
      all.add(part.get());
    } while (takeSymbol(","));
    return all;
  }
}
