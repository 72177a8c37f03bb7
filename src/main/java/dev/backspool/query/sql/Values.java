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

  private final Map<String, @Nullable Object> given;
  private final Dialect dialect;
  private final List<Bound> bound = new ArrayList<>();
  private final Map<String, Type> types = new HashMap<>();
  private final Map<String, List<Integer>> numbers = new HashMap<>();

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
    List<Integer> known = numbers.get(parameter.name());
    if (known == null) {
      known = bind(parameter);
      numbers.put(parameter.name(), known);
      types.put(parameter.name(), parameter.type());
    } else if (!parameter.type().equals(types.get(parameter.name()))) {
      throw new SqlError(
          parameter.position(), "the parameter " + parameter.name() + " has another type before");
    }
    Type type = elements(parameter.type());
    return known.stream().map(number -> dialect.parameter(number, type)).toList();
  }

  private List<Integer> bind(Parameter parameter) {
    Object value = value(parameter);
    Type type = elements(parameter.type());
    var places = new ArrayList<Integer>();
    List<?> values = value instanceof List<?> list ? list : List.of(String.valueOf(value));
    for (Object each : values) {
      if (bound.size() == MOST) {
        throw new ParameterError(parameter.name(), "is one of more than " + MOST + " values");
      }
      int number = bound.size() + 1;
      bound.add(new Bound(number, type, String.valueOf(each)));
      places.add(number);
    }
    return places;
  }

  private @Nullable Object value(Parameter parameter) {
    if (!given.containsKey(parameter.name())) {
      throw new ParameterError(parameter.name(), "is missing");
    }
    try {
      Object value = parameter.type().read(given.get(parameter.name()));
      if (value == null && !parameter.nullable()) {
        throw new IllegalArgumentException("must not be null, unless its type is Nullable");
      }
      return value;
    } catch (IllegalArgumentException wrong) {
      throw new ParameterError(parameter.name(), String.valueOf(wrong.getMessage()));
    }
  }

  /** A whole number that stands in the text itself, such as a limit. */
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
