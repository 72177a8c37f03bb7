package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.sync.SyncStatus.Behind;
import dev.backspool.sync.SyncStatus.OfMapping;
import dev.backspool.sync.SyncStatus.OfProject;
import dev.backspool.sync.SyncStatus.OfSink;
import dev.backspool.sync.SyncStatus.OfStage;
import dev.backspool.sync.SyncStatus.State;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Tells how it stands. Cheap however much is behind, as pages ask every few seconds: what waits is
 * counted by the index up to a number, and estimated from there on by what the planner knows.
 * Threads share one.
 */
public final class Statuses {
  /** Enough to tell a cursor that is nearly there from one that is not. */
  private static final int FEW = 500;

  /** So many are counted of all that is far behind, shared among the cursors that are. */
  private static final int MANY = 25_000;

  private static final int MOST_COUNTED_ROWS = 5_000;
  private static final int MOST_QUARANTINED = 200;
  private static final int MOST_COUNTED_QUARANTINED = 10_000;
  private static final int MOST_PROJECTS = 100;

  /** How long it holds how many rows a large table has of a project. */
  private static final Duration HOLD = Duration.ofSeconds(30);

  private final Database database;
  private final List<Mapping> mappings;
  private final Map<String, Mapping> byId;
  private final Sinks registered;
  private final Throughput throughput = new Throughput();
  private final Map<Table, Rows> held = new ConcurrentHashMap<>();

  private record Table(UUID project, String mapping) {}

  private record Rows(Behind all, long countedAt) {
    boolean isFresh() {
      return System.nanoTime() - countedAt < HOLD.toNanos();
    }
  }

  Statuses(Database database, List<Mapping> mappings, Sinks registered) {
    this.database = database;
    this.mappings = mappings;
    this.registered = registered;
    byId = mappings.stream().collect(Collectors.toMap(Mapping::id, Function.identity()));
  }

  /** Of a project, for all sinks that its rows go to. */
  public SyncStatus of(UUID project) {
    return look(project);
  }

  /** Of all projects, for all sinks. */
  public SyncStatus all() {
    return look(null);
  }

  /**
   * How many rows there are of each source, about.
   *
   * @param project null for all
   */
  Map<Source, Long> rows(@Nullable UUID project) {
    return database.view(handle -> {
      var sums = new EnumMap<Source, Long>(Source.class);
      for (UUID each : projects(handle, project).keySet()) {
        for (Mapping mapping : mappings) {
          sums.merge(mapping.source(), rows(handle, each, mapping).rows(), Long::sum);
        }
      }
      return sums;
    });
  }

  private record Place(UUID sink, UUID project) {}

  private SyncStatus look(@Nullable UUID project) {
    return database.view(handle -> {
      Map<Place, Map<String, OfMapping>> cursors = cursors(handle, project);
      Map<UUID, String> projects = projects(handle, project);
      List<OfSink> sinks = sinks(handle, project, projects, cursors);
      throughput.forget();
      held.values().removeIf(rows -> !rows.isFresh());
      return new SyncStatus(Instant.now(), project, stages(handle, project, sinks), sinks);
    });
  }

  private static Map<UUID, String> projects(Handle handle, @Nullable UUID project) {
    return handle
        .createQuery(
            """
            select id, name from project
            where cast(:project as uuid) is null or id = cast(:project as uuid)
            """)
        .bind("project", project)
        .reduceRows(
            new HashMap<UUID, String>(),
            (names, row) -> {
              names.put(row.getColumn("id", UUID.class), row.getColumn("name", String.class));
              return names;
            });
  }

  private List<OfStage> stages(Handle handle, @Nullable UUID project, List<OfSink> sinks) {
    Behind changes = sum(sinks, OfMapping::changes);
    Behind unloaded = sum(sinks, OfMapping::unloaded);
    return handle
        .createQuery(
            """
            select name, is_paused from sync_stage
            order by array_position(array['tail', 'load', 'tidy'], name)
            """)
        .map((row, _) -> {
          String stage = row.getString("name");
          return new OfStage(
              stage,
              row.getBoolean("is_paused"),
              switch (stage) {
                case "tail" -> changes;
                case "load" -> unloaded;
                default -> gone(handle, project);
              });
        })
        .list();
  }

  private static Behind sum(List<OfSink> sinks, Function<OfMapping, Behind> part) {
    return sinks.stream()
        .flatMap(sink -> sink.mappings().stream())
        .map(part)
        .reduce(Behind.NOTHING, Behind::plus);
  }

  /** Keys of what was deleted that are still there. */
  private static Behind gone(Handle handle, @Nullable UUID project) {
    return handle
        .createQuery(
            """
            select count(*), min(changed_at) as oldest
            from (
              select changed_at from sync_key
              where is_gone and (cast(:project as uuid) is null or project_id = cast(:project as uuid))
              limit %d
            ) as those
            """
                .formatted(MOST_COUNTED_ROWS + 1))
        .bind("project", project)
        .map((row, _) ->
            new Behind(row.getLong(1), row.getLong(1) <= MOST_COUNTED_ROWS, instant(row, "oldest")))
        .one();
  }

  private List<OfSink> sinks(
      Handle handle,
      @Nullable UUID project,
      Map<UUID, String> projects,
      Map<Place, Map<String, OfMapping>> cursors) {
    return handle
        .createQuery(
            """
            select * from sync_sink
            where cast(:project as uuid) is null or project_id is null
              or project_id = cast(:project as uuid)
            order by project_id nulls first, created_at, id
            """)
        .bind("project", project)
        .map((row, _) -> {
          UUID id = row.getObject("id", UUID.class);
          UUID owner = row.getObject("project_id", UUID.class);
          Map<UUID, List<OfMapping>> each =
              projects.keySet().stream()
                  .filter(one -> owner == null || owner.equals(one))
                  .collect(
                      Collectors.toMap(
                          Function.identity(),
                          one ->
                              complete(
                                  handle,
                                  one,
                                  cursors.getOrDefault(new Place(id, one), Map.of()))));
          String kind = row.getString("error_kind");
          return new OfSink(
              id,
              owner,
              row.getString("kind"),
              row.getString("name"),
              // A project's members need not know where those of the installation are.
              owner == null && project != null
                  ? null
                  : registered.whereabouts(id, row.getBytes("connection")),
              row.getBoolean("is_paused"),
              row.getBoolean("is_required"),
              Objects.requireNonNull(instant(row, "created_at")),
              row.getInt("failures"),
              row.getString("error"),
              kind == null ? null : SinkException.Kind.valueOf(kind),
              instant(row, "error_at"),
              instant(row, "retry_at"),
              together(each.values()),
              (int)
                  each.values().stream()
                      .filter(its -> its.stream().anyMatch(one -> one.behind() > 0))
                      .count(),
              project == null ? furthest(projects, each) : List.of());
        })
        .list();
  }

  /** Adds the mappings that a sink never got to: it lacks everything of them. */
  private List<OfMapping> complete(Handle handle, UUID project, Map<String, OfMapping> known) {
    return mappings.stream()
        .map(mapping -> {
          OfMapping its = known.get(mapping.id());
          return its != null
              ? its
              : new OfMapping(
                  mapping.id(),
                  State.NEW,
                  Behind.NOTHING,
                  rows(handle, project, mapping),
                  0,
                  null,
                  0,
                  null,
                  null);
        })
        .toList();
  }

  private List<OfMapping> together(Iterable<List<OfMapping>> each) {
    var sums = new ArrayList<OfMapping>();
    for (Mapping mapping : mappings) {
      OfMapping sum = OfMapping.nothing(mapping.id());
      for (List<OfMapping> its : each) {
        sum = sum.plus(its.get(mappings.indexOf(mapping)));
      }
      sums.add(sum);
    }
    return List.copyOf(sums);
  }

  private static List<OfProject> furthest(
      Map<UUID, String> names, Map<UUID, List<OfMapping>> each) {
    return each.entrySet().stream()
        .map(entry ->
            new OfProject(
                entry.getKey(),
                names.getOrDefault(entry.getKey(), ""),
                entry.getValue().stream().reduce(OfMapping.nothing(""), OfMapping::plus)))
        .sorted(
            Comparator.comparing((OfProject one) -> one.all().state() != State.STOPPED)
                .thenComparing(one -> one.all().quarantined() == 0)
                .thenComparingLong(one -> -one.all().behind())
                .thenComparing(OfProject::name))
        .limit(MOST_PROJECTS)
        .toList();
  }

  /** Events that have left PostgreSQL. */
  private static long past(Handle handle, UUID project) {
    return handle
        .createQuery(
            "select coalesce(sum(event_count), 0) from event_day where project_id = :project")
        .bind("project", project)
        .mapTo(Long.class)
        .one();
  }

  /**
   * How many rows a project has of a mapping: looked up to a number, beyond known by the planner.
   */
  private Behind rows(Handle handle, UUID project, Mapping mapping) {
    var table = new Table(project, mapping.id());
    Rows known = held.get(table);
    if (known != null && known.isFresh()) {
      return known.all();
    }
    String all = "select 1 from (%s) as it where project_id = :project".formatted(mapping.query());
    long rows =
        handle
            .createQuery(
                "select count(*) from (%s limit %d) as those".formatted(all, MOST_COUNTED_ROWS + 1))
            .bind("project", project)
            .mapTo(Long.class)
            .one();
    long past = mapping.source() == Source.EVENT ? past(handle, project) : 0;
    if (rows <= FEW) {
      return new Behind(rows + past, true, null);
    }
    var counted =
        rows <= MOST_COUNTED_ROWS
            ? new Behind(rows + past, true, null)
            : new Behind(
                Math.max(rows, estimate(handle, all, Map.of("project", project))) + past,
                false,
                null);
    held.put(table, new Rows(counted, System.nanoTime()));
    return counted;
  }

  /** How many rows the planner expects. */
  private static long estimate(Handle handle, String sql, Map<String, ?> values) {
    String plan =
        handle.createQuery("explain " + sql).bindMap(values).mapTo(String.class).list().getFirst();
    int at = plan.indexOf(" rows=");
    return Long.parseLong(plan.substring(at + 6, plan.indexOf(' ', at + 6)));
  }

  /**
   * What a cursor has yet to pass: as {@link Changes} reads it, without rows. Each transaction that
   * was open at its snapshot is looked for by itself, or PostgreSQL would read all keys for them.
   */
  private static String waiting(String table, String rows, String condition, int stage) {
    return """
    select earlier.*
    from pg_snapshot_xip(cursor.snapshot) as open (xid)
    cross join lateral (
      select changed_at, %2$s as row_count from %1$s
      where %1$s.project_id = cursor.project_id and %3$s and %4$s
        and %1$s.xid = open.xid
      order by %1$s.seq
      limit :most
    ) as earlier
    union all
    select * from (
      select changed_at, %2$s as row_count from %1$s
      where %1$s.project_id = cursor.project_id and %3$s and %4$s
        and %1$s.xid >= pg_snapshot_xmax(cursor.snapshot)
      order by %1$s.xid, %1$s.seq
      limit :most
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
                .formatted(table, stage));
  }

  private static final String CURSORS =
      """
      select cursor.*, keys.waiting as keys, batches.waiting as batched, batches.places as batches,
        least(keys.oldest, batches.oldest) as oldest,
        (
          select count(*) from (
            select from sync_quarantine
            where sync_quarantine.sink_id = cursor.sink_id
              and sync_quarantine.project_id = cursor.project_id
              and sync_quarantine.mapping = cursor.mapping
            limit %3$d) as those) as quarantined
      from sync_cursor as cursor
      cross join lateral (
        select count(*) as waiting, min(changed_at) as oldest from (%1$s) as those
      ) as keys
      cross join lateral (
        select coalesce(sum(row_count), 0) as waiting, count(*) as places,
          min(changed_at) as oldest
        from (%2$s) as those
      ) as batches
      where (cast(:project as uuid) is null or cursor.project_id = cast(:project as uuid))
        and exists (select from project where project.id = cursor.project_id)
      """
          .formatted(
              waiting("sync_key", "1", "sync_key.source = cursor.source", 2),
              waiting("sync_batch", "row_count", "cursor.mapping = 'events'", 1),
              MOST_COUNTED_QUARANTINED);

  private static final String LATER =
      "where project_id = :project and xid >= pg_snapshot_xmax(cast(:snapshot as pg_snapshot))";

  private static final String KEYS = "select from sync_key " + LATER + " and source = ";

  private static final String BATCHES = "select from sync_batch " + LATER;

  private static final String THESE =
      """
      and (cursor.sink_id, cursor.project_id, cursor.mapping) in (
        select * from unnest(
          cast(:sinks as uuid[]), cast(:projects as uuid[]), cast(:mappings as text[])))
      """;

  private record Found(UUID sink, UUID project, OfMapping its, boolean isFar) {}

  private Map<Place, Map<String, OfMapping>> cursors(Handle handle, @Nullable UUID project) {
    List<Found> first =
        handle
            .createQuery(CURSORS)
            .bind("project", project)
            .bind("most", FEW + 1)
            .map((row, _) -> found(handle, row, FEW))
            .list()
            .stream()
            .filter(each -> byId.containsKey(each.its().mapping()))
            .toList();
    var found = new HashMap<Place, Map<String, OfMapping>>();
    first.forEach(each -> put(found, each));
    List<Found> far = first.stream().filter(Found::isFar).toList();
    if (!far.isEmpty()) {
      int most = Math.max(FEW, MANY / far.size());
      handle
          .createQuery(CURSORS + THESE)
          .bind("project", project)
          .bind("most", most + 1)
          .bindArray("sinks", UUID.class, far.stream().map(Found::sink).toList())
          .bindArray("projects", UUID.class, far.stream().map(Found::project).toList())
          .bindArray(
              "mappings", String.class, far.stream().map(each -> each.its().mapping()).toList())
          .map((row, _) -> found(handle, row, most))
          .forEach(each -> put(found, each));
    }
    return found;
  }

  private static void put(Map<Place, Map<String, OfMapping>> found, Found each) {
    found
        .computeIfAbsent(new Place(each.sink(), each.project()), _ -> new HashMap<>())
        .put(each.its().mapping(), each.its());
  }

  /**
   * @param most how many places were looked at, where there are more
   */
  private Found found(Handle handle, ResultSet row, int most) throws SQLException {
    UUID sink = row.getObject("sink_id", UUID.class);
    UUID project = row.getObject("project_id", UUID.class);
    String id = row.getString("mapping");
    Mapping mapping = byId.get(id);
    if (mapping == null) {
      return new Found(sink, project, OfMapping.nothing(id), false); // a newer program's
    }
    long keys = row.getLong("keys");
    long batches = row.getLong("batches");
    long batched = row.getLong("batched");
    boolean isFar = keys > most || batches > most;
    if (isFar && most > FEW) {
      var of = Map.of("project", project, "snapshot", row.getString("snapshot"));
      if (keys > most) {
        keys = Math.max(keys, estimate(handle, KEYS + mapping.source().number(), of));
      }
      if (batches > most) {
        batched = Math.max(batched, batched * estimate(handle, BATCHES, of) / batches);
      }
    }
    String reason = row.getString("stop_reason");
    boolean isLoading = row.getBoolean("is_loading");
    long delivered = row.getLong("delivered");
    return new Found(
        sink,
        project,
        new OfMapping(
            id,
            reason != null ? State.STOPPED : isLoading ? State.LOADING : State.LIVE,
            new Behind(keys + batched, !isFar, instant(row, "oldest")),
            isLoading
                ? unloaded(rows(handle, project, mapping), row.getLong("loaded"))
                : Behind.NOTHING,
            delivered,
            instant(row, "delivered_at"),
            row.getLong("quarantined"),
            throughput.seen(new Throughput.Place(sink, project, id), delivered),
            reason != null ? reason : row.getString("unreadable")),
        isFar);
  }

  private static Behind unloaded(Behind all, long loaded) {
    return new Behind(Math.max(0, all.rows() - loaded), all.isExact(), null);
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  /** The rows of a project that sinks do not take, the latest first. */
  public List<SyncStatus.Quarantined> quarantined(UUID project) {
    return database.view(handle ->
        handle
            .createQuery(
                """
                select * from sync_quarantine
                where project_id = :project and mapping = any(:mappings)
                  and sink_id in (
                    select id from sync_sink where project_id is null or project_id = :project)
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
