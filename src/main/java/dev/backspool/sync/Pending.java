package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.sync.Round.Place;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Where something is to be done, asked of the database. */
final class Pending {
  private final Database database;

  Pending(Database database) {
    this.database = database;
  }

  /**
   * The places with something to do.
   *
   * @param sinks those to look at
   * @param everywhere all places of these sinks, whether or not there is
   * @param mappings how many there are: a place that knows fewer is to learn of the others
   */
  List<Place> places(Collection<UUID> sinks, boolean everywhere, int mappings) {
    return database.write(handle ->
        handle
            .createQuery(
                """
                with sink as materialized (
                  select id, project_id from sync_sink
                  where id = any(:sinks) and not is_paused and (retry_at is null or retry_at <= now() or :everywhere)
                ), here as materialized (select sync_database() as name)
                select sink.id, project.id as project_id
                from sink
                join project on sink.project_id is null or sink.project_id = project.id
                where :everywhere or (
                  select count(*) from sync_cursor
                  where sync_cursor.sink_id = sink.id and sync_cursor.project_id = project.id
                ) < :mappings
                union
                select sink_id, cursor.project_id
                from sink
                join sync_cursor as cursor on cursor.sink_id = sink.id
                cross join here
                where not exists (select from project where project.id = cursor.project_id)
                  and (cursor.stop_reason is distinct from :deleted or cursor.stopped_at < now() - %s)
                union
                select sink_id, cursor.project_id
                from sink
                join sync_cursor as cursor on cursor.sink_id = sink.id
                cross join here
                where exists (select from project where project.id = cursor.project_id)
                  and stop_reason is null
                  and (cursor.is_loading or cursor.target is not null or cursor.database <> here.name
                    or %s)
                """
                    .formatted(Cursors.AGAIN, Cursors.HAS_CHANGES))
            .bindArray("sinks", UUID.class, List.copyOf(sinks))
            .bind("everywhere", everywhere)
            .bind("mappings", mappings)
            .bind("deleted", Cursors.DELETED)
            .map((row, _) ->
                new Place(row.getObject("id", UUID.class), row.getObject("project_id", UUID.class)))
            .list());
  }

  /** What is paused everywhere. */
  Paused paused() {
    Set<String> names =
        Set.copyOf(
            database.write(handle ->
                handle
                    .createQuery("select name from sync_stage where is_paused")
                    .mapTo(String.class)
                    .list()));
    return new Paused(names.contains("tail"), names.contains("load"), names.contains("tidy"));
  }

  /** Asks whoever works at a place to leave it for a moment. */
  void askFor(Place place) {
    database.write(handle ->
        handle
            .createQuery("select pg_notify('backspool_sync', :place)")
            .bind("place", place.sink() + "/" + place.project())
            .mapTo(String.class)
            .list());
  }

  /** Whether a stage is paused; not when there is none. */
  boolean isPaused(String stage) {
    return database.write(handle ->
        handle
            .createQuery("select exists (select from sync_stage where name = :stage and is_paused)")
            .bind("stage", stage)
            .mapTo(Boolean.class)
            .one());
  }

  /** Pauses a stage, or goes on with it; false when there is no such stage. */
  boolean pause(String stage, boolean isPaused) {
    return database.write(handle -> {
      boolean found =
          handle.execute("update sync_stage set is_paused = ? where name = ?", isPaused, stage) > 0;
      handle.createQuery("select pg_notify('backspool_sync', '')").mapTo(String.class).list();
      return found;
    });
  }

  /**
   * Up to when all events that were received are in all sinks that are required: what a sink is
   * being loaded with counts as missing, from where the load stands. A sink that was stopped has
   * none, as it will begin anew. {@link Instant#MAX} when nothing is missing anywhere.
   */
  Instant eventsReadUpTo() {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select coalesce(min(read_up_to), 'infinity')
                from (
                  select case
                    when cursor.sink_id is null or stop_reason is not null then '-infinity'
                    else least(
                      case when is_loading
                        then coalesce((load_after ->> 0)::timestamptz, '-infinity') end,
                      (
                        select min(first_received_at) from sync_batch
                        where sync_batch.project_id = project.id
                          and sync_batch.xid >= pg_snapshot_xmin(cursor.snapshot)
                          and not pg_visible_in_snapshot(sync_batch.xid, cursor.snapshot)))
                    end as read_up_to
                  from sync_sink as sink
                  join project on sink.project_id is null or sink.project_id = project.id
                  left join sync_cursor as cursor
                    on cursor.sink_id = sink.id and cursor.project_id = project.id
                    and cursor.mapping = 'events'
                  where sink.is_required
                ) as each_cursor
                """)
            .map((row, _) -> {
              String text = row.getString(1);
              return switch (text) {
                case "-infinity" -> Instant.EPOCH;
                case "infinity" -> Instant.MAX;
                default -> row.getObject(1, OffsetDateTime.class).toInstant();
              };
            })
            .one());
  }
}
