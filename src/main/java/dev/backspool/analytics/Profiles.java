package dev.backspool.analytics;

import dev.backspool.postgres.Conditions;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.Page;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The people of a project. */
public final class Profiles {
  /** From so many members on, the list of people is walked instead. */
  private static final int MANY_MEMBERS = 5_000;

  private final Database database;

  public Profiles(Database database) {
    this.database = database;
  }

  /**
   * People, newest seen first.
   *
   * @param text a part of the id, the name or the e-mail address; null asks nothing
   * @param group a group they belong to; null asks nothing
   * @param after where an earlier page ended; null from the start
   * @param limit most people in it
   */
  public Page<Profile, String> page(
      UUID project,
      @Nullable String text,
      @Nullable String group,
      @Nullable Cursor<String> after,
      int limit) {
    return database.read(
        project,
        handle -> {
          var wanted = new Conditions().add("project_id = :project").bind("project", project);
          if (text != null) {
            wanted
                .add(
                    "(id ilike :part or concat_ws(' ', first_name, last_name) ilike :part"
                        + " or email ilike :part)")
                .bind("part", Conditions.partOf(text));
          }
          if (group != null) {
            Optional<String[]> few =
                handle
                    .createQuery("select profiles_in_group(:group, :most)")
                    .bind("group", group)
                    .bind("most", MANY_MEMBERS)
                    .mapTo(String[].class)
                    .findOne();
            few.ifPresentOrElse(
                members -> wanted.add("id = any(:members)").bind("members", members),
                () -> wanted.add(":group = any(groups)").bind("group", group));
          }
          if (after != null) {
            wanted
                .add("(last_seen_at, id) < (:after_at, :after_id)")
                .bind("after_at", after.at())
                .bind("after_id", after.id());
          }
          List<Profile> found =
              wanted
                  .query(
                      handle,
                      "select * from profile "
                          + wanted.where()
                          + "order by last_seen_at desc, id desc limit :limit")
                  .bind("limit", limit + 1)
                  .map((row, _) -> Profile.of(row))
                  .list();
          return Page.of(found, limit, person -> new Cursor<>(person.lastSeenAt(), person.id()));
        });
  }

  /** A person by the customer's id. */
  public Optional<Profile> byId(UUID project, String id) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery("select * from profile where project_id = :project and id = :id")
                .bind("project", project)
                .bind("id", id)
                .map((row, _) -> Profile.of(row))
                .findOne());
  }

  /**
   * What somebody did in all.
   *
   * @param revenue minor currency units
   */
  public record Totals(long sessions, long events, long revenue) {}

  /** What a person did in all; a person who is still a device, too. */
  public Totals totals(UUID project, String id) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select
                      (select count(*) from session
                        where project_id = :project
                          and (profile_id = :id or profile_id is null and device_id = :id)
                      ) as sessions,
                      count(*) as events, coalesce(sum(revenue), 0)::bigint as revenue
                    from (
                      select revenue from event
                      where project_id = :project and profile_id = :id
                        and profile_id is distinct from device_id
                      union all
                      select revenue from event
                      where project_id = :project and profile_id = :id and device_id = :id
                        and session_id = any(array(
                          select id from session
                          where project_id = :project and device_id = :id))
                    ) done
                    """)
                .bind("project", project)
                .bind("id", id)
                .map((row, _) ->
                    new Totals(
                        row.getLong("sessions"), row.getLong("events"), row.getLong("revenue")))
                .one());
  }
}
