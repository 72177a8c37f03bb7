package dev.backspool.query.sql;

import dev.backspool.query.sql.Expression.Call;
import dev.backspool.query.sql.Expression.Column;
import dev.backspool.query.sql.Expression.Parameter;
import dev.backspool.query.sql.Expression.Window;
import dev.backspool.query.sql.Function.Growth;
import dev.backspool.query.sql.Function.Kind;
import dev.backspool.query.sql.Query.Sort;
import dev.backspool.query.sql.Scope.Alias;
import dev.backspool.query.sql.Scope.Meaning;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Checks what has a value and writes it; see {@link QueryWriter}. */
final class ExpressionWriter {
  private static final int DEEPEST = 300;

  /**
   * The stores keep no count of the memory that texts take while they are made, and a few
   * concatenations of concatenations would take all there is.
   */
  private static final double MOST_GROWTH = 1_000;

  /** What one of growth is taken to have. */
  private static final double CHARACTERS = 100;

  /** Of what is no text, written as one: a number, a time, a UUID. */
  static final double LEAST_GROWTH = 0.4;

  /** Of an element in a list that is written as a text: quotes, a comma. */
  private static final double ELEMENT = 0.05;

  /** Of a cast to a text: where it is a list, each of its characters may come with a backslash. */
  private static final double ESCAPED = 2;

  /** Of a character that may stand for a whole time, or become an element of a list. */
  private static final double SPELLED = 16;

  /** Of a path in JSON that is not known here: it may have that many values. */
  private static final double PATHS = 100;

  /** Of a text or a list of all rows' values; see {@link Dialect#gathered}. */
  private static final double GATHERED = 100;

  private static final Set<String> CONDITIONS =
      Set.of("and", "or", "=", "<>", "<", ">", "<=", ">=", "like", "ilike");

  /** Read from the left by every store, with or without parentheses. */
  private static final Set<String> CHAINED = Set.of("and", "or", "||", "+", "*");

  private final Dialect dialect;
  private final Values values;
  private final Queries queries;
  private int depth;
  private boolean inAggregate;
  private boolean inGathered;

  ExpressionWriter(Dialect dialect, Values values, Queries queries) {
    this.dialect = dialect;
    this.values = values;
    this.queries = queries;
  }

  /** Writes queries within others. */
  interface Queries {
    QueryWriter.Written write(Query query, Scope around);
  }

  /** Whether a value is true or false by its form. */
  static boolean isCondition(Expression value) {
    return switch (value) {
      case Expression.IsNull _,
          Expression.Between _,
          Expression.InList _,
          Expression.InQuery _,
          Expression.Exists _ ->
          true;
      case Expression.Unary unary -> unary.operator().equals("not");
      case Expression.Binary binary -> CONDITIONS.contains(binary.operator());
      default -> false;
    };
  }

  /** All of them, with commas between. */
  String listed(List<Expression> all, Scope scope) {
    var listed = new StringJoiner(", ");
    all.forEach(each -> listed.add(write(each, scope).sql()));
    return listed.toString();
  }

  /**
   * In what order a query's rows come. Where a name alone stands, it is rather the select's own
   * than a column's, and written as the place of what it names: stores look for names in other
   * orders.
   */
  String sortedRows(List<Sort> order, Scope scope) {
    return sorted(order, by -> placed(by, scope));
  }

  private String placed(Expression by, Scope scope) {
    if (by instanceof Column column && column.source() == null) {
      Optional<Alias> alias = scope.alias(column.name());
      if (alias.isPresent()) {
        return Integer.toString(alias.get().place());
      }
    }
    return write(by, scope).sql();
  }

  private String sorted(List<Sort> order, Scope scope) {
    return sorted(order, by -> write(by, scope).sql());
  }

  /** Writes what rows are ordered by. */
  private interface By {
    String write(Expression by);
  }

  private static String sorted(List<Sort> order, By by) {
    var sorted = new StringJoiner(", ");
    for (Sort sort : order) {
      Boolean nullsFirst = sort.nullsFirst();
      sorted.add(
          by.write(sort.by())
              + (sort.descending() ? " desc" : " asc")
              + (nullsFirst == null || !nullsFirst ? " nulls last" : " nulls first"));
    }
    return sorted.toString();
  }

  Piece write(Expression expression, Scope scope) {
    if (++depth > DEEPEST) {
      throw new SqlError(expression.position(), "this is nested too deep");
    }
    Piece piece = one(expression, scope);
    depth--;
    if (piece.growth() > MOST_GROWTH) {
      throw new SqlError(expression.position(), "this makes texts that may be far too long");
    }
    return piece.growth() < LEAST_GROWTH && !isMeasured(expression)
        ? new Piece(piece.sql(), LEAST_GROWTH)
        : piece;
  }

  /** Whether its growth is known to the character: nothing of an empty text is still nothing. */
  private static boolean isMeasured(Expression expression) {
    return switch (expression) {
      case Expression.Text _, Column _, Parameter _ -> true;
      case Expression.Binary binary -> binary.operator().equals("||");
      default -> false;
    };
  }

  private Piece one(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Numeral number -> new Piece(number.digits(), 0);
      case Expression.Text text ->
          new Piece(dialect.text(text.value()), text.value().length() / CHARACTERS);
      case Expression.Word word -> new Piece(word.word(), 0);
      case Column column -> column(scope.find(column));
      case Parameter parameter -> parameter(parameter);
      case Expression.Unary unary -> {
        Piece operand = write(unary.operand(), scope);
        yield new Piece("(%s %s)".formatted(unary.operator(), operand.sql()), operand.growth());
      }
      case Expression.Binary binary -> binary(binary, scope);
      case Expression.IsNull is ->
          new Piece(
              "(%s is %snull)".formatted(write(is.operand(), scope).sql(), not(is.negated())), 0);
      case Expression.Between between ->
          new Piece(
              "(%s %sbetween %s and %s)"
                  .formatted(
                      write(between.operand(), scope).sql(),
                      not(between.negated()),
                      write(between.low(), scope).sql(),
                      write(between.high(), scope).sql()),
              0);
      case Expression.InList in -> in(in, scope);
      case Expression.InQuery in ->
          new Piece(
              "(%s %sin (%s))"
                  .formatted(
                      write(in.operand(), scope).sql(),
                      not(in.negated()),
                      column(in.query(), scope).sql()),
              0);
      case Expression.Exists exists ->
          new Piece("(exists (%s))".formatted(query(exists.query(), scope).sql()), 0);
      case Expression.Scalar scalar -> {
        QueryWriter.Written query = column(scalar.query(), scope);
        yield new Piece("(" + query.sql() + ")", query.fields().getFirst().growth());
      }
      case Expression.Case choice -> choice(choice, scope);
      case Expression.Cast cast -> {
        Piece operand = write(cast.operand(), scope);
        yield new Piece(
            dialect.cast(operand.sql(), cast.type(), cast.attempt()),
            cast.type().kind() == Type.Kind.TEXT ? operand.growth() * ESCAPED : operand.growth());
      }
      case Expression.Extract extract ->
          new Piece(dialect.extract(extract.unit(), write(extract.operand(), scope).sql()), 0);
      case Expression.Interval interval ->
          new Piece(
              dialect.interval(Long.toString(values.whole(interval.amount())), interval.unit()), 0);
      case Expression.ListOf list -> list(list, scope);
      case Expression.Element element -> {
        Piece list = write(element.list(), scope);
        yield new Piece(
            "%s[%s]".formatted(list.sql(), write(element.index(), scope).sql()), list.growth());
      }
      case Expression.Json json -> {
        Piece operand = write(json.operand(), scope);
        yield new Piece(dialect.json(operand.sql(), json.keys(), json.text()), operand.growth());
      }
      case Call call -> call(call, scope);
    };
  }

  private Piece binary(Expression.Binary binary, Scope scope) {
    Piece left = write(binary.left(), scope);
    Piece right = write(binary.right(), scope);
    String sql = left.sql();
    if (binary.left() instanceof Expression.Binary before
        && before.operator().equals(binary.operator())
        && CHAINED.contains(binary.operator())) {
      // Parentheses within parentheses take ClickHouse's parser longer than anything else.
      sql = sql.substring(1, sql.length() - 1);
    }
    return new Piece(
        "(%s %s %s)".formatted(sql, binary.operator(), right.sql()),
        switch (binary.operator()) {
          case "||" -> left.growth() + right.growth();
          case String operator when CONDITIONS.contains(operator) -> 0;
          default -> Math.max(left.growth(), right.growth());
        });
  }

  private static String not(boolean negated) {
    return negated ? "not " : "";
  }

  private Piece column(Meaning meaning) {
    String name = dialect.name(meaning.field().name());
    String relation = meaning.relation();
    return new Piece(
        relation == null ? name : dialect.name(relation) + "." + name, meaning.field().growth());
  }

  private Piece parameter(Parameter parameter) {
    if (parameter.type().list()) {
      String list = "[" + String.join(", ", values.all(parameter)) + "]";
      return new Piece(
          dialect.cast(list, parameter.type(), false),
          Math.max(LEAST_GROWTH, values.length(parameter) / CHARACTERS));
    }
    String one = values.one(parameter);
    double growth = values.length(parameter) / CHARACTERS;
    return new Piece(
        one, parameter.type().kind() == Type.Kind.TEXT ? growth : Math.max(LEAST_GROWTH, growth));
  }

  /** A query within this one, which is no part of an aggregate around it. */
  private QueryWriter.Written query(Query query, Scope scope) {
    if (inGathered) {
      // What is gathered is written twice, and a query within one within one a thousand times.
      throw new SqlError(
          query.position(), "a query cannot stand within what puts all rows into one value");
    }
    boolean around = inAggregate;
    inAggregate = false;
    QueryWriter.Written written = queries.write(query, scope);
    inAggregate = around;
    return written;
  }

  private QueryWriter.Written column(Query query, Scope scope) {
    QueryWriter.Written written = query(query, scope);
    if (written.fields().size() != 1) {
      throw new SqlError(query.position(), "this query must have one column");
    }
    return written;
  }

  /** A list that comes as a parameter is put in place; nothing is in an empty one. */
  private Piece in(Expression.InList in, Scope scope) {
    String operand = write(in.operand(), scope).sql();
    var all = new ArrayList<String>();
    for (Expression value : in.values()) {
      if (value instanceof Parameter parameter && parameter.type().list()) {
        all.addAll(values.all(parameter));
      } else {
        all.add(write(value, scope).sql());
      }
    }
    if (all.isEmpty()) {
      return new Piece(in.negated() ? "true" : "false", 0);
    }
    return new Piece(
        "(%s %sin (%s))".formatted(operand, not(in.negated()), String.join(", ", all)), 0);
  }

  private Piece choice(Expression.Case choice, Scope scope) {
    var sql = new StringBuilder("(case");
    double growth = 0;
    if (choice.operand() != null) {
      sql.append(' ').append(write(choice.operand(), scope).sql());
    }
    for (Expression.When when : choice.whens()) {
      Piece value = write(when.value(), scope);
      growth = Math.max(growth, value.growth());
      sql.append(" when ")
          .append(write(when.condition(), scope).sql())
          .append(" then ")
          .append(value.sql());
    }
    if (choice.otherwise() != null) {
      Piece value = write(choice.otherwise(), scope);
      growth = Math.max(growth, value.growth());
      sql.append(" else ").append(value.sql());
    }
    return new Piece(sql.append(" end)").toString(), growth);
  }

  private Piece list(Expression.ListOf list, Scope scope) {
    var all = new StringJoiner(", ", "[", "]");
    double growth = 0;
    for (Expression value : list.values()) {
      Piece piece = write(value, scope);
      growth += piece.growth() + ELEMENT;
      all.add(piece.sql());
    }
    return new Piece(all.toString(), growth);
  }

  private Piece call(Call call, Scope scope) {
    Function function =
        dialect
            .functions()
            .find(call.name())
            .orElseThrow(
                () -> new SqlError(call.position(), "there is no function called " + call.name()));
    check(call, function);
    boolean aggregate = function.kind() == Kind.AGGREGATE && call.over() == null;
    if (aggregate && inAggregate) {
      throw new SqlError(call.position(), "an aggregate cannot stand within another");
    }
    inAggregate |= aggregate;
    inGathered |= function.growth() == Growth.ROWS;
    Piece written = written(call, function, scope);
    if (aggregate) {
      inAggregate = false;
      inGathered = false;
    }
    return written;
  }

  private void check(Call call, Function function) {
    if (call.arguments().size() > function.most()) {
      throw new SqlError(
          call.position(), call.name() + " takes " + function.most() + " arguments at most here");
    }
    if (function.growth() == Growth.ROWS && call.over() != null) {
      // Each row would have a text of all rows before it.
      throw new SqlError(call.position(), call.name() + " cannot have OVER (…)");
    }
    if (function.kind() == Kind.SCALAR
        && (call.star()
            || call.distinct()
            || !call.order().isEmpty()
            || call.filter() != null
            || call.over() != null)) {
      throw new SqlError(call.position(), call.name() + " is no aggregate");
    }
    if (function.kind() == Kind.WINDOW && call.over() == null) {
      throw new SqlError(call.position(), call.name() + " needs OVER (…)");
    }
    if (call.star() && !call.name().equals("count")) {
      throw new SqlError(call.position(), "only count can have *");
    }
    if (!call.settings().isEmpty()
        && (function.kind() != Kind.AGGREGATE || !dialect.hasSettings())) {
      throw new SqlError(call.position(), call.name() + " has one list of arguments");
    }
    if (!call.order().isEmpty() && !dialect.hasOrderedAggregates()) {
      throw new SqlError(call.position(), "aggregates cannot be ordered here");
    }
    if (function.isWhole() && !call.arguments().isEmpty()) {
      throw new SqlError(call.position(), call.name() + " takes nothing");
    }
  }

  private Piece written(Call call, Function function, Scope scope) {
    if (function.isWhole()) {
      return new Piece(function.printed(), 0);
    }
    List<Piece> arguments = call.arguments().stream().map(each -> write(each, scope)).toList();
    var sql = new StringBuilder(function.printed());
    if (!call.settings().isEmpty()) {
      sql.append('(').append(listed(call.settings(), scope)).append(')');
    }
    sql.append('(')
        .append(call.distinct() ? "distinct " : "")
        .append(
            call.star()
                ? "*"
                : arguments.stream().map(Piece::sql).collect(Collectors.joining(", ")));
    if (!call.order().isEmpty()) {
      sql.append(" order by ").append(sorted(call.order(), scope));
    }
    sql.append(')');
    if (call.filter() != null) {
      sql.append(" filter (where ").append(write(call.filter(), scope).sql()).append(')');
    }
    if (call.over() != null) {
      sql.append(" over (").append(window(call.over(), scope)).append(')');
    }
    String whole =
        function.growth() == Growth.ROWS ? dialect.gathered(sql.toString()) : sql.toString();
    return new Piece(whole, growth(function, call, arguments));
  }

  private static double growth(Function function, Call call, List<Piece> arguments) {
    double sum = arguments.stream().mapToDouble(Piece::growth).sum();
    double first = growth(arguments, 0);
    return switch (function.growth()) {
      case NONE -> arguments.stream().mapToDouble(Piece::growth).max().orElse(0);
      case SUM -> sum * ESCAPED;
      case SEPARATED -> (sum + first * arguments.size()) * ESCAPED;
      case REPLACED -> places(first) * Math.max(1, growth(arguments, 2) * CHARACTERS);
      case MATCHED -> places(first) * (1 + growth(arguments, 2) * CHARACTERS);
      case JOINED -> places(first) * (1 + growth(arguments, 1) * CHARACTERS);
      case PATHS ->
          isOnePath(call) ? first : first * Math.max(PATHS, growth(arguments, 1) * CHARACTERS);
      case SPELLED -> sum * SPELLED;
      case ROWS -> GATHERED;
    };
  }

  private static boolean isOnePath(Call call) {
    return call.arguments().size() < 2
        || (call.arguments().get(1) instanceof Expression.Text path
            && path.value().indexOf('*') < 0);
  }

  private static double growth(List<Piece> arguments, int number) {
    return number < arguments.size() ? arguments.get(number).growth() : 0;
  }

  /** Between the characters of an empty text there is still one place. */
  private static double places(double growth) {
    return growth + 1 / CHARACTERS;
  }

  private String window(Window window, Scope scope) {
    var parts = new StringJoiner(" ");
    if (!window.partition().isEmpty()) {
      parts.add("partition by " + listed(window.partition(), scope));
    }
    if (!window.order().isEmpty()) {
      parts.add("order by " + sorted(window.order(), scope));
    }
    Expression.Frame frame = window.frame();
    if (frame != null) {
      parts.add(
          "%s between %s and %s".formatted(frame.unit(), bound(frame.from()), bound(frame.to())));
    }
    return parts.toString();
  }

  private static String bound(Expression.Bound bound) {
    @Nullable String amount = bound.amount();
    if (bound.where().equals("current row")) {
      return bound.where();
    }
    return (amount == null ? "unbounded" : amount) + " " + bound.where();
  }
}
