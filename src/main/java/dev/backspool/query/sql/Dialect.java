package dev.backspool.query.sql;

import dev.backspool.sync.Mapping;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** How a store wants a query written. What it is given is checked; what it makes is whole. */
public interface Dialect {
  /** Bytes of a text or a list that an aggregate makes of its rows. */
  int MOST_GATHERED = 100_000;

  /** What may be called. */
  Functions functions();

  /** A name, in quotes that it cannot leave. */
  String name(String name);

  /** A text, in quotes that it cannot leave. */
  String text(String value);

  /**
   * A select of a project's rows of a view, with the view's columns and no other. Nothing that is
   * asked around it is evaluated on a row of another project, not even if the store would like to.
   */
  String view(Mapping view, UUID project);

  String cast(String value, Type type, boolean attempt);

  /** A condition as a value that is true or false. */
  String truth(String condition);

  /**
   * Where a value is bound.
   *
   * @param number from 1
   * @param type no list
   */
  String parameter(int number, Type type);

  /** A value within JSON; null where there is none. */
  String json(String value, List<String> keys, boolean text);

  /**
   * A length of time.
   *
   * @param amount in digits, maybe with a sign
   */
  String interval(String amount, Unit unit);

  String extract(Unit unit, String value);

  /**
   * A text or a list of all rows' values, which fails where it is longer than {@link
   * #MOST_GATHERED} unless the store counts the memory for it.
   */
  String gathered(String aggregate);

  /**
   * A whole query, so that a value that is longer than an answer may be is never read. What the
   * store has to be told for that comes as columns behind the query's own.
   *
   * @param columns all of its columns, in their order
   * @param texts those that may be so long
   */
  String answer(String sql, List<String> columns, Set<String> texts);

  /** Whether some aggregates have a list of settings before that of their arguments. */
  boolean hasSettings();

  /** Whether aggregates can be told the order of their rows. */
  boolean hasOrderedAggregates();
}
