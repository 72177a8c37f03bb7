package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.sync.SyncStatus.OfMapping;
import dev.backspool.sync.SyncStatus.OfSink;
import dev.backspool.sync.SyncStatus.State;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Tells how it stands. Cheap however much is behind: what is waiting is counted up to a number and
 * estimated from there on, by the index.
 */
public final class Statuses {
  private static final int MOST_COUNTED = 20_000;
  private static final int MOST_QUARANTINED = 200;

  private final Database database;
  private final List<Mapping> mappings;

  Statuses(Database database, List<Mapping> mappings) {
    this.database = database;
    this.mappings = mappings;
  }

  /** Of a project, for all sinks that its rows go to. */
  public SyncStatus of(UUID project) {
    return database.write(handle -> {
      Map<UUID, Map<String, OfMapping>> known = mappings(handle, project);
      Map<String, Boolean> stages = new TreeMap<>();
      handle
          .createQuery("select name, is_paused from sync_stage")
          .map((row, _) -> stages.put(row.getString("name"), row.getBoolean("is_paused")))
          .list();
      return new SyncStatus(stages, sinks(handle, project, known));
    });
  }

  private List<OfSink> sinks(Handle handle, UUID project, Map<UUID, Map<String, OfMapping>> known) {
    return handle
        .createQuery(
            """
            select * from sync_sink
            where project_id is null or project_id = :project
            order by created_at, id
            """)
        .bind("project", project)
        .map((row, _) -> {
          UUID id = row.getObject("id", UUID.class);
          Map<String, OfMapping> its = known.getOrDefault(id, Map.of());
          String kind = row.getString("error_kind");
          return new OfSink(
              id,
              row.getObject("project_id", UUID.class),
              row.getString("kind"),
              row.getString("name"),
              row.getBoolean("is_paused"),
              row.getBoolean("is_required"),
              row.getInt("failures"),
              row.getString("error"),
              kind == null ? null : SinkException.Kind.valueOf(kind),
              instant(row, "error_at"),
              instant(row, "retry_at"),
              mappings.stream()
                  .map(mapping -> {
                    OfMapping its1 = its.get(mapping.id());
                    return its1 == null ? unknown(handle, project, mapping) : its1;
                  })
                  .toList());
        })
        .list();
  }

  /** A sink that never got so far lacks everything. */
  private static OfMapping unknown(Handle handle, UUID project, Mapping mapping) {
    Count all = count(handle, project, mapping);
    return new OfMapping(
        mapping.id(), State.NEW, all.rows(), all.isExact(), null, 0, null, 0, null);
  }

  private record Count(long rows, boolean isExact) {}

  /** Up to a number by looking, beyond by what the planner knows. */
  private static Count count(Handle handle, UUID project, Mapping mapping) {
    String all = "select 1 from (%s) as it where project_id = :project".formatted(mapping.query());
    long rows =
        handle
            .createQuery(
                "select count(*) from (%s limit %d) as those".formatted(all, MOST_COUNTED + 1))
            .bind("project", project)
            .mapTo(Long.class)
            .one();
    return rows <= MOST_COUNTED
        ? new Count(rows, true)
        : new Count(Math.max(rows, estimate(handle, all, Map.of("project", project))), false);
  }

  /** How many rows the planner expects. */
  private static long estimate(Handle handle, String sql, Map<String, ?> values) {
    String plan =
        handle.createQuery("explain " + sql).bindMap(values).mapTo(String.class).list().getFirst();
    int at = plan.indexOf(" rows=");
    return Long.parseLong(plan.substring(at + 6, plan.indexOf(' ', at + 6)));
  }

  /** What a cursor has yet to pass, the oldest first: as {@link Changes} reads it, without rows. */
  private static String waiting(String table, String rows, String condition, int stage) {
    return """
    select * from (
      select changed_at, %2$s as row_count from pg_snapshot_xip(cursor.snapshot) as open (xid)
      join %1$s on %1$s.xid = open.xid
      where %1$s.project_id = cursor.project_id and %3$s and %4$s
      limit %5$d
    ) as earlier
    union all
    select * from (
      select changed_at, %2$s as row_count from %1$s
      where %1$s.project_id = cursor.project_id and %3$s and %4$s
        and %1$s.xid >= pg_snapshot_xmax(cursor.snapshot)
      order by %1$s.xid, %1$s.seq
      limit %5$d
    ) as later
    """
        .formatted(
            table,
            rows,
            condition,
            """
            (cursor.target is null or cursor.stage < %2$d
              or (%1$s.xid, %1$s.seq) > (cursor.xid, cursor.seq)
              or not pg_visible_in_snapshot(%1$s.xid, cursor.target))
            """
                .formatted(table, stage),
            MOST_COUNTED + 1);
  }

  private Map<UUID, Map<String, OfMapping>> mappings(Handle handle, UUID project) {
    Map<String, Mapping> byId =
        mappings.stream().collect(Collectors.toMap(Mapping::id, Function.identity()));
    var found = new HashMap<UUID, Map<String, OfMapping>>();
    handle
        .createQuery(
            """
            select cursor.*, keys.waiting + batches.waiting as waiting, keys.waiting as waiting_keys,
              least(keys.oldest, batches.oldest) as oldest,
              (
                select count(*) from sync_quarantine
                where sync_quarantine.sink_id = cursor.sink_id
                  and sync_quarantine.project_id = cursor.project_id
                  and sync_quarantine.mapping = cursor.mapping) as quarantined
            from sync_cursor as cursor
            cross join lateral (
              select count(*) as waiting, min(changed_at) as oldest from (%1$s) as those
            ) as keys
            cross join lateral (
              select coalesce(sum(row_count), 0) as waiting, min(changed_at) as oldest
              from (%2$s) as those
            ) as batches
            where cursor.project_id = :project
            """
                .formatted(
                    waiting("sync_key", "1", "sync_key.source = cursor.source", 2),
                    waiting("sync_batch", "row_count", "cursor.mapping = 'events'", 1)))
        .bind("project", project)
        .map((row, _) -> {
          Mapping mapping = byId.get(row.getString("mapping"));
          return mapping != null
              && found
                      .computeIfAbsent(row.getObject("sink_id", UUID.class), _ -> new HashMap<>())
                      .put(mapping.id(), status(handle, project, mapping, row))
                  == null;
        })
        .list();
    return found;
  }

  private static OfMapping status(Handle handle, UUID project, Mapping mapping, ResultSet row)
      throws SQLException {
    boolean isLoading = row.getBoolean("is_loading");
    String reason = row.getString("stop_reason");
    long waiting = row.getLong("waiting");
    boolean isExact = row.getLong("waiting_keys") <= MOST_COUNTED;
    if (!isExact) {
      waiting =
          Math.max(
              waiting,
              estimate(
                  handle,
                  """
                  select from sync_key
                  where project_id = :project and source = :source
                    and xid >= pg_snapshot_xmax(cast(:snapshot as pg_snapshot))
                  """,
                  Map.of(
                      "project",
                      project,
                      "source",
                      mapping.source().number(),
                      "snapshot",
                      row.getString("snapshot"))));
    }
    if (isLoading) {
      Count all = count(handle, project, mapping);
      waiting += Math.max(0, all.rows() - row.getLong("loaded"));
      isExact &= all.isExact();
    }
    State state = reason != null ? State.STOPPED : isLoading ? State.LOADING : State.LIVE;
    return new OfMapping(
        mapping.id(),
        state,
        waiting,
        isExact,
        instant(row, "oldest"),
        row.getLong("delivered"),
        instant(row, "delivered_at"),
        row.getLong("quarantined"),
        reason);
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  /** The rows of a project that sinks do not take, the latest first. */
  public List<SyncStatus.Quarantined> quarantined(UUID project) {
    Map<String, Mapping> byId =
        mappings.stream().collect(Collectors.toMap(Mapping::id, Function.identity()));
    return database.write(handle ->
        handle
            .createQuery(
                """
                select * from sync_quarantine
                where project_id = :project and mapping = any(:mappings)
                order by since desc
                limit :most
                """)
            .bind("project", project)
            .bindArray("mappings", String.class, List.copyOf(byId.keySet()))
            .bind("most", MOST_QUARANTINED)
            .map((row, _) -> {
              Mapping mapping = Objects.requireNonNull(byId.get(row.getString("mapping")));
              return new SyncStatus.Quarantined(
                  row.getObject("sink_id", UUID.class),
                  mapping.id(),
                  mapping.source().read(row.getBytes("key")),
                  row.getString("reason"),
                  row.getObject("since", OffsetDateTime.class).toInstant());
            })
            .list());
  }
}
