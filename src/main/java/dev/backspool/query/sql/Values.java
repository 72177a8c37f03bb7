package dev.backspool.query.sql;

import dev.backspool.query.sql.Expression.Parameter;
import dev.backspool.query.sql.Statement.Bound;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parameters of a query, bound as they are met. */
final class Values {
  private static final int MOST = 2_000;

  /** Each time that a value is written. */
  private static final int MOST_WRITTEN = 20_000;

  private final Map<String, @Nullable Object> given;
  private final Dialect dialect;
  private final List<Bound> bound = new ArrayList<>();
  private final Map<String, Type> types = new HashMap<>();
  private final Map<String, @Nullable Object> values = new HashMap<>();
  private final Map<String, List<Integer>> numbers = new HashMap<>();
  private int written;

  Values(Map<String, @Nullable Object> given, Dialect dialect) {
    this.given = given;
    this.dialect = dialect;
  }

  List<Bound> bound() {
    return List.copyOf(bound);
  }

  /** The value of one that is no list, written out. */
  String one(Parameter parameter) {
    if (parameter.type().list()) {
      throw new SqlError(parameter.position(), "one value is expected here, and no list");
    }
    return value(parameter) == null
        ? dialect.cast("null", parameter.type(), false)
        : all(parameter).getFirst();
  }

  /** The values of a list, written out, or one value of another. */
  List<String> all(Parameter parameter) {
    Object value = value(parameter);
    List<Integer> places = numbers.get(parameter.name());
    if (places == null) {
      places =
          bind(parameter, value instanceof List<?> list ? list : List.of(String.valueOf(value)));
      numbers.put(parameter.name(), places);
    }
    written += places.size();
    if (written > MOST_WRITTEN) {
      throw new SqlError(
          parameter.position(),
          "the values of parameters stand in the query more than " + MOST_WRITTEN + " times");
    }
    Type type = elements(parameter.type());
    return places.stream().map(number -> dialect.parameter(number, type)).toList();
  }

  private List<Integer> bind(Parameter parameter, List<?> all) {
    Type type = elements(parameter.type());
    var places = new ArrayList<Integer>();
    for (Object each : all) {
      if (bound.size() == MOST) {
        throw new ParameterError(parameter.name(), "is one of more than " + MOST + " values");
      }
      int number = bound.size() + 1;
      bound.add(new Bound(number, type, String.valueOf(each)));
      places.add(number);
    }
    return places;
  }

  /** How many characters a value has, or those of a list together. */
  long length(Parameter parameter) {
    return switch (value(parameter)) {
      case null -> 0;
      case List<?> list -> list.stream().mapToLong(each -> String.valueOf(each).length()).sum();
      case Object one -> one.toString().length();
    };
  }

  /** What is given, checked once. */
  private @Nullable Object value(Parameter parameter) {
    String name = parameter.name();
    Type type = types.get(name);
    if (type == null) {
      if (!given.containsKey(name)) {
        throw new ParameterError(name, "is missing");
      }
      try {
        values.put(name, parameter.type().read(given.get(name)));
      } catch (IllegalArgumentException wrong) {
        throw new ParameterError(name, String.valueOf(wrong.getMessage()));
      }
      types.put(name, parameter.type());
    } else if (!type.equals(parameter.type())) {
      throw new SqlError(
          parameter.position(), "the parameter " + name + " has another type before");
    }
    Object value = values.get(name);
    if (value == null && !parameter.nullable()) {
      throw new ParameterError(name, "must not be null, unless its type is Nullable");
    }
    return value;
  }

  /** How many rows: a number that stands in the text itself. */
  long count(Expression expression) {
    long count = whole(expression);
    if (count < 0 && expression instanceof Parameter parameter) {
      throw new ParameterError(parameter.name(), "must not be below 0");
    }
    return count;
  }

  /** A whole number that stands in the text itself, such as a length of time. */
  long whole(Expression expression) {
    if (expression instanceof Expression.Numeral number) {
      return Long.parseLong(number.digits());
    }
    if (expression instanceof Parameter parameter) {
      Type type = parameter.type();
      if (type.list()
          || (type.kind() != Type.Kind.INTEGER && type.kind() != Type.Kind.BIGINT)
          || !(value(parameter) instanceof String digits)) {
        throw new SqlError(parameter.position(), "a whole number is expected here");
      }
      return Long.parseLong(digits);
    }
    throw new SqlError(expression.position(), "a whole number is expected here");
  }

  private static Type elements(Type type) {
    return new Type(type.kind(), type.precision(), type.scale(), false);
  }
}
