package dev.backspool.query.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A part of a query that has a value. What is not here cannot be written. */
sealed interface Expression {
  /** Where it begins in the query's text, in characters from 0. */
  int position();

  record Numeral(String digits, int position) implements Expression {}

  record Text(String value, int position) implements Expression {}

  /** {@code true}, {@code false} or {@code null}. */
  record Word(String word, int position) implements Expression {}

  /**
   * A column, or a name that the select gave to one of its own values.
   *
   * @param source the name of where it is from; null where that is not said
   */
  record Column(@Nullable String source, String name, int position) implements Expression {}

  /**
   * A value that comes beside the text.
   *
   * @param nullable whether it may be null
   */
  record Parameter(String name, Type type, boolean nullable, int position) implements Expression {}

  /**
   * An operator before its operand.
   *
   * @param operator {@code not}, {@code -} or {@code +}
   */
  record Unary(String operator, Expression operand, int position) implements Expression {}

  /**
   * An operator between two.
   *
   * @param operator one of the grammar's, in lower case
   */
  record Binary(String operator, Expression left, Expression right, int position)
      implements Expression {}

  record IsNull(Expression operand, boolean negated, int position) implements Expression {}

  record Between(Expression operand, Expression low, Expression high, boolean negated, int position)
      implements Expression {}

  record InList(Expression operand, List<Expression> values, boolean negated, int position)
      implements Expression {}

  record InQuery(Expression operand, Query query, boolean negated, int position)
      implements Expression {}

  record Exists(Query query, int position) implements Expression {}

  /** A query of one value. */
  record Scalar(Query query, int position) implements Expression {}

  /**
   * A choice.
   *
   * @param operand what the conditions are compared with; null where they are conditions
   */
  record Case(
      @Nullable Expression operand, List<When> whens, @Nullable Expression otherwise, int position)
      implements Expression {}

  record When(Expression condition, Expression value) {}

  /**
   * A conversion.
   *
   * @param attempt whether what cannot be converted becomes null
   */
  record Cast(Expression operand, Type type, boolean attempt, int position) implements Expression {}

  record Extract(Unit unit, Expression operand, int position) implements Expression {}

  /**
   * A length of time.
   *
   * @param amount a whole number, or a parameter that is one
   */
  record Interval(Expression amount, Unit unit, int position) implements Expression {}

  record ListOf(List<Expression> values, int position) implements Expression {}

  /** An element of a list, from 1. */
  record Element(Expression list, Expression index, int position) implements Expression {}

  /**
   * A value within JSON.
   *
   * @param keys from the outermost
   * @param text whether as text, otherwise as JSON
   */
  record Json(Expression operand, List<String> keys, boolean text, int position)
      implements Expression {}

  /**
   * A function.
   *
   * @param settings of those that have two lists of values: the first; empty otherwise
   * @param arguments the values; empty and {@code star} for {@code count(*)}
   * @param filter which rows an aggregate takes; null for all
   * @param order in which order an aggregate takes them; empty for any
   * @param over null when it is no window function
   */
  record Call(
      String name,
      List<Expression> settings,
      List<Expression> arguments,
      boolean star,
      boolean distinct,
      List<Query.Sort> order,
      @Nullable Expression filter,
      @Nullable Window over,
      int position)
      implements Expression {}

  /**
   * Which rows a window function sees.
   *
   * @param frame null for the usual one
   */
  record Window(List<Expression> partition, List<Query.Sort> order, @Nullable Frame frame) {}

  /**
   * The frame of a window.
   *
   * @param unit {@code rows} or {@code range}
   */
  record Frame(String unit, Bound from, Bound to) {}

  /**
   * An end of a frame.
   *
   * @param amount rows away; null for all, or for the current row
   * @param where {@code preceding}, {@code following} or {@code current row}
   */
  record Bound(@Nullable String amount, String where) {}
}
