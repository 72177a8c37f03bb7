package dev.backspool.analytics;

import dev.backspool.postgres.Conditions;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.Page;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The groups of a project. */
public final class Groups {
  private final Database database;

  public Groups(Database database) {
    this.database = database;
  }

  /**
   * Groups, newest first.
   *
   * @param type what kind; null asks nothing
   * @param text a part of the id or the name; null asks nothing
   * @param after where an earlier page ended; null from the start
   * @param limit most groups in it
   */
  public Page<Group, String> page(
      UUID project,
      @Nullable String type,
      @Nullable String text,
      @Nullable Cursor<String> after,
      int limit) {
    return database.read(
        project,
        handle -> {
          Conditions wanted = of(project).addUnlessNull("type = :type", "type", type);
          if (text != null) {
            wanted
                .add("(id ilike :part or name ilike :part)")
                .bind("part", Conditions.partOf(text));
          }
          if (after != null) {
            wanted
                .add("(created_at, id) < (:after_at, :after_id)")
                .bind("after_at", after.at())
                .bind("after_id", after.id());
          }
          return Page.of(
              found(handle, wanted, limit + 1),
              limit,
              group -> new Cursor<>(group.createdAt(), group.id()));
        });
  }

  /** A group by the customer's id. */
  public Optional<Group> byId(UUID project, String id) {
    return database.read(
        project,
        handle ->
            found(handle, of(project).add("id = :id").bind("id", id), 1).stream().findFirst());
  }

  private static Conditions of(UUID project) {
    return new Conditions().add("project_id = :project").bind("project", project);
  }

  private static List<Group> found(Handle handle, Conditions wanted, int limit) {
    return wanted
        .query(
            handle,
            "select *, group_size(id) as profiles from profile_group "
                + wanted.where()
                + "order by created_at desc, id desc limit :limit")
        .bind("limit", limit)
        .map((row, _) -> Group.of(row))
        .list();
  }
}
