package dev.backspool.query.sql;

import dev.backspool.query.sql.Expression.Bound;
import dev.backspool.query.sql.Expression.Frame;
import dev.backspool.query.sql.Expression.Window;
import dev.backspool.query.sql.Query.Sort;
import dev.backspool.query.sql.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what has a value; the loosest operators first. */
final class ExpressionParser {
  // None of these patterns gives back what it took: its time grows with the text alone.
  private static final Pattern PARAMETER =
      Pattern.compile("\\s*+([A-Za-z_][A-Za-z0-9_]{0,63}+)\\s*+:\\s*+(.++)", Pattern.DOTALL);
  private static final Pattern PARAMETER_TYPE =
      Pattern.compile(
          "(?:(Nullable|Array)\\s*+\\(\\s*+)?+([A-Za-z][A-Za-z0-9]*+)\\s*+(?:\\(([^()]*+)\\)\\s*+)?+(\\)\\s*+)?+");
  private static final Pattern DECIMAL =
      Pattern.compile("\\s*+(\\d{1,2}+)\\s*+,\\s*+(\\d{1,2}+)\\s*+");
  private static final Pattern TIME_IN_UTC =
      Pattern.compile("\\s*+(?:[0-9]\\s*+(?:,\\s*+'UTC'\\s*+)?+|'UTC'\\s*+)?+");
  private static final Pattern LENGTH_OF_TIME =
      Pattern.compile("\\s*+(-?\\d{1,9}+)\\s++([a-zA-Z]++)\\s*+");
  private static final Pattern DIGITS = Pattern.compile("\\d{1,9}");

  private final Words words;
  private final Supplier<Query> queries;

  ExpressionParser(Words words, Supplier<Query> queries) {
    this.words = words;
    this.queries = queries;
  }

  Expression read() {
    return words.deeper(this::or);
  }

  /** {@code order by …}; empty when it is not there. */
  List<Sort> order() {
    if (!words.take("order")) {
      return List.of();
    }
    words.need("by");
    return words.listed(() -> {
      Expression by = read();
      boolean descending = words.take("desc");
      if (!descending) {
        words.take("asc");
      }
      Boolean nullsFirst = null;
      if (words.take("nulls")) {
        nullsFirst = words.take("first");
        if (!nullsFirst) {
          words.need("last");
        }
      }
      return new Sort(by, descending, nullsFirst);
    });
  }

  /** How many: a whole number or a parameter. */
  Expression count() {
    Token token = words.peek();
    if (token.kind() == Kind.PARAMETER) {
      return parameter(words.take());
    }
    if (token.kind() == Kind.NUMBER && DIGITS.matcher(token.text()).matches()) {
      return new Expression.Numeral(words.take().text(), token.position());
    }
    throw words.expected("a whole number or a parameter");
  }

  private Expression or() {
    Expression left = and();
    while (words.peek().is("or")) {
      Token operator = words.take();
      left = new Expression.Binary("or", left, and(), operator.position());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (words.peek().is("and")) {
      Token operator = words.take();
      left = new Expression.Binary("and", left, not(), operator.position());
    }
    return left;
  }

  private Expression not() {
    Token token = words.peek();
    if (words.take("not")) {
      return words.deeper(() -> new Expression.Unary("not", not(), token.position()));
    }
    return comparison();
  }

  private Expression comparison() {
    Expression left = concatenation();
    while (true) {
      Token token = words.peek();
      if (token.kind() == Kind.SYMBOL) {
        switch (token.text()) {
          case "=", "<", ">", "<=", ">=", "<>", "!=" -> {
            words.take();
            String operator = token.text().equals("!=") ? "<>" : token.text();
            left = new Expression.Binary(operator, left, concatenation(), token.position());
          }
          default -> {
            return left;
          }
        }
      } else if (words.take("is")) {
        boolean negated = words.take("not");
        words.need("null");
        left = new Expression.IsNull(left, negated, token.position());
      } else {
        Expression wider = membership(left);
        if (wider == null) {
          return left;
        }
        left = wider;
      }
    }
  }

  /** {@code [not] in, between, like, ilike}; null when it is none of them. */
  private @Nullable Expression membership(Expression left) {
    Token token = words.peek();
    boolean negated = token.is("not");
    Token operator = words.peek(negated ? 1 : 0);
    if (!operator.is("in")
        && !operator.is("between")
        && !operator.is("like")
        && !operator.is("ilike")) {
      return null;
    }
    if (negated) {
      words.take();
    }
    words.take();
    return switch (operator.lower()) {
      case "between" -> {
        Expression low = concatenation();
        words.need("and");
        yield new Expression.Between(left, low, concatenation(), negated, token.position());
      }
      case "in" -> in(left, negated, token.position());
      default -> {
        Expression like =
            new Expression.Binary(operator.lower(), left, concatenation(), operator.position());
        yield negated ? new Expression.Unary("not", like, token.position()) : like;
      }
    };
  }

  private Expression in(Expression left, boolean negated, int position) {
    if (words.peek().kind() == Kind.PARAMETER) {
      return new Expression.InList(left, List.of(parameter(words.take())), negated, position);
    }
    words.needSymbol("(");
    Expression in;
    if (isQuery()) {
      in = new Expression.InQuery(left, queries.get(), negated, position);
    } else {
      in = new Expression.InList(left, words.listed(this::read), negated, position);
    }
    words.needSymbol(")");
    return in;
  }

  private boolean isQuery() {
    return words.peek().is("select") || words.peek().is("with");
  }

  private Expression concatenation() {
    return chain(this::sum, "||");
  }

  private Expression sum() {
    return chain(this::product, "+", "-");
  }

  private Expression product() {
    return chain(this::signed, "*", "/", "%");
  }

  private Expression chain(Supplier<Expression> part, String... operators) {
    Expression left = part.get();
    while (true) {
      Token token = words.peek();
      if (token.kind() != Kind.SYMBOL || !List.of(operators).contains(token.text())) {
        return left;
      }
      words.take();
      left = new Expression.Binary(token.text(), left, part.get(), token.position());
    }
  }

  private Expression signed() {
    Token token = words.peek();
    if (token.isSymbol("-") || token.isSymbol("+")) {
      words.take();
      return words.deeper(() -> new Expression.Unary(token.text(), signed(), token.position()));
    }
    return followed();
  }

  /** A value with what may stand behind it: a cast, an index, keys of JSON. */
  private Expression followed() {
    Expression value = primary();
    while (true) {
      Token token = words.peek();
      if (words.takeSymbol("::")) {
        value = new Expression.Cast(value, type(), false, token.position());
      } else if (words.takeSymbol("[")) {
        value = new Expression.Element(value, read(), token.position());
        words.needSymbol("]");
      } else if (isKey(token)) {
        value = json(value);
      } else {
        return value;
      }
    }
  }

  private static boolean isKey(Token token) {
    return token.isSymbol("->") || token.isSymbol("->>");
  }

  /** One key after another; behind a text there is none. */
  private Expression json(Expression operand) {
    int position = words.position();
    var keys = new ArrayList<String>();
    boolean text;
    do {
      text = words.take().isSymbol("->>");
      if (words.peek().kind() != Kind.TEXT) {
        throw words.expected("a key in quotes");
      }
      keys.add(words.take().text());
    } while (!text && isKey(words.peek()));
    return new Expression.Json(operand, List.copyOf(keys), text, position);
  }

  private Expression primary() {
    Token token = words.peek();
    return switch (token.kind()) {
      case NUMBER -> new Expression.Numeral(words.take().text(), token.position());
      case TEXT -> new Expression.Text(words.take().text(), token.position());
      case PARAMETER -> parameter(words.take());
      case SYMBOL -> grouped();
      case QUOTED -> column();
      case WORD -> word();
      case END -> throw words.expected("a value");
    };
  }

  private Expression grouped() {
    Token token = words.peek();
    if (words.takeSymbol("[")) {
      return list(token);
    }
    if (!words.takeSymbol("(")) {
      throw words.expected("a value");
    }
    Expression value = isQuery() ? new Expression.Scalar(queries.get(), token.position()) : read();
    words.needSymbol(")");
    return value;
  }

  private Expression list(Token begin) {
    List<Expression> values = words.peek().isSymbol("]") ? List.of() : words.listed(this::read);
    words.needSymbol("]");
    return new Expression.ListOf(values, begin.position());
  }

  private Expression word() {
    Token token = words.peek();
    switch (token.lower()) {
      case "true", "false", "null" -> {
        return new Expression.Word(words.take().lower(), token.position());
      }
      case "case" -> {
        return words.deeper(this::choice);
      }
      case "exists" -> {
        words.take();
        words.needSymbol("(");
        Query query = queries.get();
        words.needSymbol(")");
        return new Expression.Exists(query, token.position());
      }
      case "cast", "try_cast" -> {
        words.take();
        words.needSymbol("(");
        Expression value = read();
        words.need("as");
        Type type = type();
        words.needSymbol(")");
        return new Expression.Cast(value, type, token.is("try_cast"), token.position());
      }
      case "extract" -> {
        words.take();
        words.needSymbol("(");
        Unit unit = unit(words.take());
        words.need("from");
        Expression value = read();
        words.needSymbol(")");
        return new Expression.Extract(unit, value, token.position());
      }
      case "interval" -> {
        words.take();
        return interval(token);
      }
      case "array" -> {
        words.take();
        words.needSymbol("[");
        return list(token);
      }
      case "date", "timestamp" -> {
        if (words.peek(1).kind() == Kind.TEXT) {
          words.take();
          return moment(token);
        }
      }
      default -> {
        // A name.
      }
    }
    return words.isFunction() ? words.deeper(this::call) : column();
  }

  private Expression moment(Token word) {
    Type type = Type.of(word.is("date") ? Type.Kind.DATE : Type.Kind.TIMESTAMP);
    Token text = words.take();
    try {
      String value = String.valueOf(type.read(text.text()));
      return new Expression.Cast(
          new Expression.Text(value, text.position()), type, false, word.position());
    } catch (IllegalArgumentException e) {
      throw new SqlError(text.position(), "this " + e.getMessage());
    }
  }

  private Expression choice() {
    Token token = words.take();
    Expression operand = words.peek().is("when") ? null : read();
    var whens = new ArrayList<Expression.When>();
    do {
      words.need("when");
      Expression condition = read();
      words.need("then");
      whens.add(new Expression.When(condition, read()));
    } while (words.peek().is("when"));
    Expression otherwise = words.take("else") ? read() : null;
    words.need("end");
    return new Expression.Case(operand, whens, otherwise, token.position());
  }

  /** {@code interval '7 days'}, {@code interval 7 day}, {@code interval {n:Int64} day}. */
  private Expression interval(Token begin) {
    Token token = words.peek();
    if (token.kind() == Kind.TEXT) {
      words.take();
      Matcher both = LENGTH_OF_TIME.matcher(token.text());
      if (both.matches()) {
        var amount = new Expression.Numeral(both.group(1), token.position());
        return new Expression.Interval(
            amount, unit(new Token(Kind.WORD, both.group(2), token.position())), begin.position());
      }
      if (DIGITS.matcher(token.text()).matches()) {
        var amount = new Expression.Numeral(token.text(), token.position());
        return new Expression.Interval(amount, unit(words.take()), begin.position());
      }
      throw new SqlError(token.position(), "a length of time is written as '7 days'");
    }
    Expression amount = count();
    return new Expression.Interval(amount, unit(words.take()), begin.position());
  }

  private static Unit unit(Token token) {
    return Unit.of(token.text())
        .orElseThrow(() ->
            new SqlError(
                token.position(),
                "a unit is second, minute, hour, day, week, month, quarter or year, not "
                    + token.shown()));
  }

  private Expression column() {
    int position = words.position();
    String name = words.name();
    if (!words.takeSymbol(".")) {
      return new Expression.Column(null, name, position);
    }
    String column = words.name();
    if (words.peek().isSymbol(".")) {
      throw new SqlError(position, "a column is written as name or as source.name");
    }
    return new Expression.Column(name, column, position);
  }

  private Expression call() {
    Token name = words.take();
    List<Expression> settings = List.of();
    words.needSymbol("(");
    boolean star = words.peek().isSymbol("*") && words.peek(1).isSymbol(")");
    boolean distinct = false;
    List<Expression> arguments = List.of();
    List<Sort> order = List.of();
    if (star) {
      words.take();
    } else {
      distinct = words.take("distinct");
      if (!words.peek().isSymbol(")")) {
        arguments = words.listed(this::read);
      }
      order = order();
    }
    words.needSymbol(")");
    if (words.peek().isSymbol("(") && !star && !distinct && order.isEmpty()) {
      words.take();
      settings = arguments;
      distinct = words.take("distinct");
      arguments = words.peek().isSymbol(")") ? List.of() : words.listed(this::read);
      words.needSymbol(")");
    }
    Expression filter = null;
    if (words.take("filter")) {
      words.needSymbol("(");
      words.need("where");
      filter = read();
      words.needSymbol(")");
    }
    Window over = words.take("over") ? window() : null;
    return new Expression.Call(
        name.lower(), settings, arguments, star, distinct, order, filter, over, name.position());
  }

  private Window window() {
    words.needSymbol("(");
    List<Expression> partition = List.of();
    if (words.take("partition")) {
      words.need("by");
      partition = words.listed(this::read);
    }
    List<Sort> order = order();
    Frame frame = null;
    if (words.peek().is("rows") || words.peek().is("range")) {
      String unit = words.take().lower();
      if (words.take("between")) {
        Bound from = bound(unit);
        words.need("and");
        frame = new Frame(unit, from, bound(unit));
      } else {
        frame = new Frame(unit, bound(unit), new Bound(null, "current row"));
      }
    }
    words.needSymbol(")");
    return new Window(partition, order, frame);
  }

  private Bound bound(String unit) {
    if (words.take("current")) {
      words.need("row");
      return new Bound(null, "current row");
    }
    String amount = null;
    if (!words.take("unbounded")) {
      Token token = words.take();
      if (!unit.equals("rows") || !DIGITS.matcher(token.text()).matches()) {
        throw new SqlError(
            token.position(),
            "UNBOUNDED, CURRENT ROW or with ROWS a whole number is expected here");
      }
      amount = token.text();
    }
    if (words.take("preceding")) {
      return new Bound(amount, "preceding");
    }
    words.need("following");
    return new Bound(amount, "following");
  }

  private Type type() {
    Token token = words.take();
    Type.Kind kind =
        token.kind() == Kind.WORD
            ? Type.kind(token.text()).orElseThrow(() -> unknownType(token, token.text()))
            : null;
    if (kind == null) {
      throw unknownType(token, token.text());
    }
    if (token.is("double")) {
      words.take("precision");
    }
    int precision = 0;
    int scale = 0;
    if (kind == Type.Kind.DECIMAL) {
      precision = 18;
      scale = 3;
      if (words.takeSymbol("(")) {
        precision = digits(1, 38);
        scale = words.takeSymbol(",") ? digits(0, precision) : 0;
        words.needSymbol(")");
      }
    }
    boolean list = words.takeSymbol("[");
    if (list) {
      words.needSymbol("]");
    }
    return new Type(kind, precision, scale, list);
  }

  private int digits(int least, int most) {
    Token token = words.take();
    if (token.kind() == Kind.NUMBER && DIGITS.matcher(token.text()).matches()) {
      int digits = Integer.parseInt(token.text());
      if (digits >= least && digits <= most) {
        return digits;
      }
    }
    throw new SqlError(
        token.position(), "a whole number from " + least + " to " + most + " is expected here");
  }

  private static SqlError unknownType(Token token, String name) {
    return new SqlError(token.position(), "there is no type called " + name);
  }

  private static Expression parameter(Token token) {
    Matcher both = PARAMETER.matcher(token.text());
    if (!both.matches()) {
      throw new SqlError(token.position(), "a parameter is written as {name:Type}");
    }
    String written = both.group(2).strip();
    Matcher type = PARAMETER_TYPE.matcher(written);
    boolean wrapped = type.matches() && type.group(1) != null;
    if (!type.matches() || wrapped != (type.group(4) != null)) {
      throw unknownType(token, written);
    }
    Type.Kind kind = Type.kind(type.group(2)).orElseThrow(() -> unknownType(token, written));
    int precision = 0;
    int scale = 0;
    if (kind == Type.Kind.DECIMAL) {
      Matcher digits = DECIMAL.matcher(String.valueOf(type.group(3)));
      if (!digits.matches()) {
        throw new SqlError(token.position(), "a decimal's type is written as Decimal(18, 3)");
      }
      precision = Integer.parseInt(digits.group(1));
      scale = Integer.parseInt(digits.group(2));
      if (precision < 1 || precision > 38 || scale > precision) {
        throw unknownType(token, written);
      }
    } else if (type.group(3) != null) {
      if (kind != Type.Kind.TIMESTAMP) {
        throw unknownType(token, written);
      }
      if (!TIME_IN_UTC.matcher(type.group(3)).matches()) {
        throw new SqlError(
            token.position(), "times are in UTC: a time's type is written as DateTime64(6, 'UTC')");
      }
    }
    return new Expression.Parameter(
        both.group(1),
        new Type(kind, precision, scale, "Array".equals(type.group(1))),
        "Nullable".equals(type.group(1)),
        token.position());
  }
}
