package dev.backspool.query.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole query, or one within another.
 *
 * @param with queries that have names here
 * @param limit a whole number or a parameter; null for all rows
 * @param offset the same; null for none
 */
record Query(
    List<Named> with,
    Body body,
    List<Sort> order,
    @Nullable Expression limit,
    @Nullable Expression offset,
    int position) {

  record Named(String name, Query query, int position) {}

  /**
   * An order of rows.
   *
   * @param nullsFirst null where it is not said: then they are last
   */
  record Sort(Expression by, boolean descending, @Nullable Boolean nullsFirst) {}

  /** What a query's rows come from. */
  sealed interface Body {}

  /** One query's rows with another's. */
  record Combined(String operator, boolean all, Body left, Body right, int position)
      implements Body {}

  record Nested(Query query) implements Body {}

  /**
   * A select.
   *
   * @param from null for one row of nothing
   * @param groupByAll by all values that are no aggregates
   */
  record Select(
      boolean distinct,
      List<Item> items,
      @Nullable Source from,
      @Nullable Expression where,
      List<Expression> groupBy,
      boolean groupByAll,
      @Nullable Expression having,
      @Nullable Expression qualify,
      int position)
      implements Body {}

  /** A thing that is selected. */
  sealed interface Item {}

  /** A value; its name is null where none was given. */
  record Value(Expression value, @Nullable String name) implements Item {}

  /** All columns, of one source or of all. */
  record Star(@Nullable String source, int position) implements Item {}

  /** Where rows come from. */
  sealed interface Source {
    /** Where it begins in the query's text, in characters from 0. */
    int position();
  }

  record Table(String name, @Nullable String alias, int position) implements Source {}

  record Derived(Query query, String alias, int position) implements Source {}

  /**
   * Two sources side by side.
   *
   * @param kind {@code inner}, {@code left}, {@code right}, {@code full} or {@code cross}
   * @param on null without a condition
   * @param using columns of the same name; empty where there is a condition
   */
  record Join(
      String kind,
      Source left,
      Source right,
      @Nullable Expression on,
      List<String> using,
      int position)
      implements Source {}
}
