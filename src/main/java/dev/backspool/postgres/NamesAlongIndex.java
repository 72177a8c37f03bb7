package dev.backspool.postgres;

/**
 * The different values of a column of one project, in order: from one to the next along an index,
 * however many rows each has.
 */
public final class NamesAlongIndex {
  private NamesAlongIndex() {}

  /**
   * The query for a page of them, as text; {@code :project}, {@code :after} and {@code :page} are
   * to be bound.
   *
   * @param type of the column
   * @param conditions more of them, each with its {@code and}
   */
  public static String query(String table, String column, String type, String conditions) {
    return """
    with recursive named as (
      (
        select %2$s as name from %1$s
        where project_id = :project and %2$s > cast(:after as %3$s) %4$s
        order by %2$s limit 1
      )
      union all
      select next.name from named cross join lateral (
        select %2$s as name from %1$s
        where project_id = :project and %2$s > named.name %4$s
        order by %2$s limit 1
      ) next
    )
    select name::text from named limit :page
    """
        .formatted(table, column, type, conditions);
  }
}
