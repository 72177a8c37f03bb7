package dev.backspool.postgres;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list.
 *
 * @param next where the next part begins; null at the end
 * @param <I> the type of the rows' ids
 */
public record Page<T, I>(List<T> rows, @Nullable Cursor<I> next) {

  /**
   * The part that a query found when it asked for one more row than wanted: that one tells whether
   * there is a next part.
   *
   * @param limit how many rows are wanted
   * @param place a row's place in the list
   */
  public static <T, I> Page<T, I> of(List<T> found, int limit, Function<T, Cursor<I>> place) {
    if (found.size() <= limit) {
      return new Page<>(found, null);
    }
    List<T> shown = found.subList(0, limit);
    return new Page<>(shown, place.apply(shown.getLast()));
  }
}
