package dev.backspool.query.sql;

import dev.backspool.query.sql.Query.Body;
import dev.backspool.query.sql.Query.Item;
import dev.backspool.query.sql.Query.Sort;
import dev.backspool.query.sql.Query.Source;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a query: exactly one SELECT. A descent by hand, one word ahead, so that its time grows with
 * the text alone, whatever stands in it.
 */
final class Parser {
  private static final int LONGEST = 20_000;

  private final Words words;
  private final ExpressionParser expressions;

  private Parser(String text) {
    this.words = new Words(Lexer.read(text));
    this.expressions = new ExpressionParser(words, this::query);
  }

  /**
   * Reads a text.
   *
   * @throws SqlError where it is not one SELECT of this language
   */
  static Query read(String text) {
    if (text.length() > LONGEST) {
      throw new SqlError(LONGEST, "a query has " + LONGEST + " characters at most");
    }
    var parser = new Parser(text);
    Query query = parser.query();
    parser.words.takeSymbol(";");
    Token rest = parser.words.peek();
    if (rest.kind() != Token.Kind.END) {
      throw new SqlError(rest.position(), rest.shown() + " is not expected here");
    }
    return query;
  }

  private Query query() {
    return words.deeper(() -> {
      int position = words.position();
      List<Query.Named> with = words.take("with") ? words.listed(this::named) : List.of();
      Body body = union();
      List<Sort> order = expressions.order();
      Expression limit = null;
      Expression offset = null;
      while (words.peek().is("limit") || words.peek().is("offset")) {
        Token word = words.take();
        if (word.is("limit") && limit == null) {
          limit = expressions.count();
        } else if (word.is("offset") && offset == null) {
          offset = expressions.count();
        } else {
          throw new SqlError(word.position(), word.shown() + " stands here twice");
        }
      }
      return new Query(with, body, order, limit, offset, position);
    });
  }

  private Query.Named named() {
    int position = words.position();
    String name = words.name();
    words.need("as");
    return new Query.Named(name, inParentheses(), position);
  }

  private Query inParentheses() {
    words.needSymbol("(");
    Query query = query();
    words.needSymbol(")");
    return query;
  }

  private Body union() {
    Body left = intersection();
    while (words.peek().is("union") || words.peek().is("except")) {
      Token operator = words.take();
      boolean all = all();
      left = new Query.Combined(operator.lower(), all, left, intersection(), operator.position());
    }
    return left;
  }

  private Body intersection() {
    Body left = select();
    while (words.peek().is("intersect")) {
      Token operator = words.take();
      boolean all = all();
      left = new Query.Combined(operator.lower(), all, left, select(), operator.position());
    }
    return left;
  }

  private boolean all() {
    if (words.take("all")) {
      return true;
    }
    words.take("distinct");
    return false;
  }

  private Body select() {
    if (words.peek().isSymbol("(")) {
      return new Query.Nested(inParentheses());
    }
    int position = words.position();
    words.need("select");
    boolean distinct = words.take("distinct");
    if (!distinct) {
      words.take("all");
    }
    List<Item> items = words.listed(this::item);
    Source from = words.take("from") ? from() : null;
    Expression where = words.take("where") ? expressions.read() : null;
    List<Expression> groupBy = List.of();
    boolean groupByAll = false;
    if (words.take("group")) {
      words.need("by");
      groupByAll = words.take("all");
      if (!groupByAll) {
        groupBy = words.listed(expressions::read);
      }
    }
    Expression having = words.take("having") ? expressions.read() : null;
    Expression qualify = words.take("qualify") ? expressions.read() : null;
    return new Query.Select(
        distinct, items, from, where, groupBy, groupByAll, having, qualify, position);
  }

  private Item item() {
    Token token = words.peek();
    if (words.takeSymbol("*")) {
      return new Query.Star(null, token.position());
    }
    if (words.isName() && words.peek(1).isSymbol(".") && words.peek(2).isSymbol("*")) {
      String source = words.name();
      words.take();
      words.take();
      return new Query.Star(source, token.position());
    }
    Expression value = expressions.read();
    return new Query.Value(value, words.alias());
  }

  private Source from() {
    Source left = joined();
    while (words.peek().isSymbol(",")) {
      int position = words.take().position();
      left = new Query.Join("cross", left, joined(), null, List.of(), position);
    }
    return left;
  }

  private Source joined() {
    Source left = source();
    while (true) {
      int position = words.position();
      String kind = joinKind();
      if (kind == null) {
        return left;
      }
      Source right = source();
      Expression on = null;
      List<String> using = List.of();
      if (!kind.equals("cross")) {
        if (words.take("using")) {
          words.needSymbol("(");
          using = words.listed(words::name);
          words.needSymbol(")");
        } else {
          words.need("on");
          on = expressions.read();
        }
      }
      left = new Query.Join(kind, left, right, on, using, position);
    }
  }

  private @Nullable String joinKind() {
    Token token = words.peek();
    for (String kind : List.of("left", "right", "full", "inner", "cross")) {
      if (words.take(kind)) {
        if (!kind.equals("inner") && !kind.equals("cross")) {
          words.take("outer");
        }
        words.need("join");
        return kind;
      }
    }
    return token.is("join") && words.take("join") ? "inner" : null;
  }

  private Source source() {
    int position = words.position();
    if (words.peek().isSymbol("(")) {
      Query query = inParentheses();
      String alias = words.alias();
      if (alias == null) {
        throw words.expected("a name for this query");
      }
      return new Query.Derived(query, alias, position);
    }
    String name = words.name();
    if (words.peek().isSymbol("(")) {
      throw new SqlError(position, "functions cannot be read from, only views");
    }
    if (words.peek().isSymbol(".")) {
      throw new SqlError(position, "a view has one name, without a schema or a database");
    }
    return new Query.Table(name, words.alias(), position);
  }
}
