package dev.backspool.query.sql;

import dev.backspool.query.sql.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Takes a query apart into words. Comments are left out, and come nowhere. */
final class Lexer {
  private static final int LONGEST_NAME = 128;

  /** With its type and all blanks. */
  private static final int LONGEST_PARAMETER = 200;

  private static final List<String> SYMBOLS =
      List.of(
          "->>", "->", "::", "||", "<>", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%",
          "(", ")", "[", "]", ",", ".", ";");

  private final String text;
  private int at;

  private Lexer(String text) {
    this.text = text;
  }

  /** The words of a text, with an end after the last. */
  static List<Token> read(String text) {
    int nul = text.indexOf('\0');
    if (nul >= 0) {
      throw new SqlError(nul, "there is a NUL character");
    }
    return new Lexer(text).all();
  }

  private List<Token> all() {
    var tokens = new ArrayList<Token>();
    while (true) {
      skipBlanks();
      if (at == text.length()) {
        tokens.add(new Token(Kind.END, "", at));
        return tokens;
      }
      tokens.add(next());
    }
  }

  private void skipBlanks() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        at++;
      } else if (text.startsWith("--", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (text.startsWith("/*", at)) {
        int end = text.indexOf("*/", at + 2);
        if (end < 0) {
          throw new SqlError(at, "the comment has no end");
        }
        at = end + 2;
      } else {
        return;
      }
    }
  }

  private Token next() {
    int start = at;
    char c = text.charAt(at);
    if (isLetter(c)) {
      while (at < text.length() && (isLetter(text.charAt(at)) || isDigit(text.charAt(at)))) {
        at++;
      }
      return name(Kind.WORD, text.substring(start, at), start);
    }
    if (isDigit(c)) {
      return number();
    }
    if (c == '\'') {
      return new Token(Kind.TEXT, quoted('\''), start);
    }
    if (c == '"') {
      return name(Kind.QUOTED, quoted('"'), start);
    }
    if (c == '{') {
      int end = text.indexOf('}', at);
      if (end < 0) {
        throw new SqlError(at, "the parameter has no end: it is written {name:Type}");
      }
      if (end - start - 1 > LONGEST_PARAMETER) {
        throw new SqlError(
            start, "a parameter's name and type have " + LONGEST_PARAMETER + " characters at most");
      }
      at = end + 1;
      return new Token(Kind.PARAMETER, text.substring(start + 1, end), start);
    }
    for (String symbol : SYMBOLS) {
      if (text.startsWith(symbol, at)) {
        at += symbol.length();
        return new Token(Kind.SYMBOL, symbol, start);
      }
    }
    throw new SqlError(
        start, "\"" + Character.toString(text.codePointAt(start)) + "\" means nothing here");
  }

  private static Token name(Kind kind, String name, int start) {
    if (name.isEmpty() || name.length() > LONGEST_NAME) {
      throw new SqlError(start, "a name has 1 to " + LONGEST_NAME + " characters");
    }
    return new Token(kind, name, start);
  }

  /** Two quotes within quotes are one; nothing else is special, a backslash neither. */
  private String quoted(char quote) {
    var value = new StringBuilder();
    int start = at++;
    while (true) {
      int end = text.indexOf(quote, at);
      if (end < 0) {
        throw new SqlError(start, "the closing " + quote + " is missing");
      }
      value.append(text, at, end);
      at = end + 1;
      if (at == text.length() || text.charAt(at) != quote) {
        return value.toString();
      }
      value.append(quote);
      at++;
    }
  }

  private Token number() {
    int start = at;
    digits();
    if (at + 1 < text.length() && text.charAt(at) == '.' && isDigit(text.charAt(at + 1))) {
      at++;
      digits();
    }
    if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
      at++;
      if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
        at++;
      }
      digits();
    }
    String number = text.substring(start, at);
    if (number.length() > 40
        || !isDigit(number.charAt(number.length() - 1))
        || (at < text.length() && isLetter(text.charAt(at)))) {
      throw new SqlError(start, "this is no number");
    }
    return new Token(Kind.NUMBER, number, start);
  }

  private void digits() {
    while (at < text.length() && isDigit(text.charAt(at))) {
      at++;
    }
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
