package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.Lease;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The cursors, as they are kept beside the data that they count. */
final class Cursors {
  private static final JsonMapper JSON = JsonMapper.shared();

  /**
   * Whether a cursor is behind. What was committed after its snapshot has a transaction that was
   * open then, or began later; both are found by the index on (project_id, source, xid, seq).
   */
  static final String HAS_CHANGES =
      """
      (
        exists (
          select from sync_key
          where sync_key.project_id = cursor.project_id and sync_key.source = cursor.source
            and sync_key.xid >= pg_snapshot_xmax(cursor.snapshot))
        or exists (
          select from pg_snapshot_xip(cursor.snapshot) as open (xid)
          join sync_key on sync_key.xid = open.xid
          where sync_key.project_id = cursor.project_id and sync_key.source = cursor.source)
        or cursor.mapping = 'events' and (
          exists (
            select from sync_batch
            where sync_batch.project_id = cursor.project_id
              and sync_batch.xid >= pg_snapshot_xmax(cursor.snapshot))
          or exists (
            select from pg_snapshot_xip(cursor.snapshot) as open (xid)
            join sync_batch on sync_batch.xid = open.xid
            where sync_batch.project_id = cursor.project_id)
          or exists (
            select from sync_forget
            where sync_forget.project_id = cursor.project_id
              and not pg_visible_in_snapshot(sync_forget.xid, cursor.snapshot))))
      """;

  private final Database database;
  private final List<Mapping> mappings;
  private final Map<String, Mapping> byId;
  private final String fingerprint;
  private boolean hasNewer;

  /**
   * The cursors of sinks.
   *
   * @param fingerprint of the connection by which rows are brought: with another one they would be
   *     counted where they are not
   */
  Cursors(Database database, List<Mapping> mappings, String fingerprint) {
    this.database = database;
    this.mappings = mappings;
    this.fingerprint = fingerprint;
    byId = mappings.stream().collect(Collectors.toMap(Mapping::id, Function.identity()));
  }

  /** All mappings there are. */
  List<Mapping> mappings() {
    return mappings;
  }

  /** Another node changed the cursor meanwhile: what is known of it is worth nothing. */
  static final class Moved extends RuntimeException {
    private static final long serialVersionUID = 1;

    Moved(Cursor cursor) {
      super(
          "the cursor of %s in project %s was changed meanwhile"
              .formatted(cursor.mapping(), cursor.project()),
          null,
          false,
          false);
    }
  }

  /**
   * The cursors of a sink and project that can go on. Those that are missing, of another database,
   * or of a mapping that has changed since, are made to load everything first.
   *
   * @throws Sinks.Elsewhere when the sink has another connection by now
   */
  List<Cursor> open(Lease lease, UUID sink, UUID project) {
    return database.write(handle -> {
      if (!isHere(handle, sink)) {
        throw new Sinks.Elsewhere(sink);
      }
      List<Known> known = read(handle, sink, project);
      if (known.stream().filter(each -> !each.isOutdated()).count() < mappings.size()) {
        lease.fence(handle);
        begin(handle, sink, project);
        known = read(handle, sink, project);
      }
      hasNewer =
          known.stream()
              .map(Known::cursor)
              .anyMatch(cursor -> cursor.revision() > cursor.mapping().revision());
      return known.stream().filter(Known::canGoOn).map(Known::cursor).toList();
    });
  }

  private boolean isHere(Handle handle, UUID sink) {
    return handle
        .createQuery(
            "select exists (select from sync_sink where id = :sink and %s)".formatted(HERE))
        .bind("sink", sink)
        .bind("fingerprint", fingerprint)
        .mapTo(Boolean.class)
        .one();
  }

  private static final String HERE = "coalesce(md5(connection), '') = :fingerprint";

  /** Whether the last look found cursors of a newer program than this one. */
  boolean hasNewer() {
    return hasNewer;
  }

  /** Whether a place's cursors are of an older program than this one. */
  boolean isNewerThan(UUID sink, UUID project) {
    return database.write(handle -> {
      List<Known> known = read(handle, sink, project);
      return known.size() < mappings.size()
          || known.stream()
              .map(Known::cursor)
              .anyMatch(cursor -> cursor.revision() < cursor.mapping().revision());
    });
  }

  private record Known(Cursor cursor, String database, @Nullable String stopReason) {
    /** A project may have been brought back after it was deleted. */
    boolean isOutdated() {
      return cursor.revision() < cursor.mapping().revision()
          || !cursor.database().equals(database)
          || DELETED.equals(stopReason);
    }

    /** A newer program's cursor is left to it. */
    boolean canGoOn() {
      return stopReason == null && cursor.revision() == cursor.mapping().revision();
    }
  }

  private List<Known> read(Handle handle, UUID sink, UUID project) {
    return handle
        .createQuery(
            """
            select cursor.*, sync_database() as here, %s as has_changes
            from sync_cursor as cursor
            where sink_id = :sink and project_id = :project
            """
                .formatted(HAS_CHANGES))
        .bind("sink", sink)
        .bind("project", project)
        .map((row, _) -> known(row))
        .list()
        .stream()
        .flatMap(Stream::ofNullable)
        .sorted(Comparator.comparingInt(known -> mappings.indexOf(known.cursor().mapping())))
        .toList();
  }

  private @Nullable Known known(ResultSet row) throws SQLException {
    Mapping mapping = byId.get(row.getString("mapping"));
    if (mapping == null) {
      return null;
    }
    String target = row.getString("target");
    var cursor =
        new Cursor(
            row.getObject("sink_id", UUID.class),
            row.getObject("project_id", UUID.class),
            mapping,
            row.getInt("revision"),
            row.getInt("generation"),
            row.getString("database"),
            Snapshot.parse(row.getString("snapshot")),
            target == null ? null : Snapshot.parse(target),
            new Position(
                row.getInt("stage"), Long.parseLong(row.getString("xid")), row.getLong("seq")),
            row.getBoolean("is_loading"),
            row.getBoolean("has_begun"),
            texts(row.getString("load_after")),
            row.getBoolean("has_changes"));
    return new Known(cursor, row.getString("here"), row.getString("stop_reason"));
  }

  private static @Nullable List<String> texts(@Nullable String json) {
    return json == null ? null : List.of(JSON.readValue(json, String[].class));
  }

  private void begin(Handle handle, UUID sink, UUID project) {
    handle
        .createUpdate(
            """
            insert into sync_cursor as known (
              sink_id, project_id, mapping, source, revision, generation, database, snapshot,
              is_loading)
            select :sink, :project, mapping, source, revision, 1, sync_database(),
              pg_current_snapshot(), true
            from unnest(:mappings, :sources, :revisions) as wanted (mapping, source, revision)
            on conflict (sink_id, project_id, mapping) do update set
              revision = excluded.revision,
              generation = known.generation + 1,
              database = excluded.database,
              %s
            where known.revision < excluded.revision
              or known.revision = excluded.revision
                and (known.database <> excluded.database or known.stop_reason = :deleted)
            """
                .formatted(FROM_THE_START))
        .bind("sink", sink)
        .bind("project", project)
        .bind("deleted", DELETED)
        .bindArray("mappings", String.class, mappings.stream().map(Mapping::id).toList())
        .bindArray(
            "sources",
            Integer.class,
            mappings.stream().map(each -> each.source().number()).toList())
        .bindArray("revisions", Integer.class, mappings.stream().map(Mapping::revision).toList())
        .execute();
  }

  /**
   * Has everything loaded again.
   *
   * @param project null for all projects
   * @param mapping null for all mappings
   */
  static void reload(Handle handle, UUID sink, @Nullable UUID project, @Nullable String mapping) {
    handle
        .createUpdate(
            """
            update sync_cursor set generation = generation + 1, %s
            where sink_id = :sink
              and (cast(:project as uuid) is null or project_id = cast(:project as uuid))
              and (cast(:mapping as text) is null or mapping = :mapping)
            """
                .formatted(FROM_THE_START))
        .bind("sink", sink)
        .bind("project", project)
        .bind("mapping", mapping)
        .execute();
  }

  /**
   * Has loaded again what a sink was loaded with, and knows nothing of: it was made anew, or is an
   * older copy of itself.
   *
   * @param loads those that it knows of
   */
  static void reloadOthers(Handle handle, UUID sink, List<Sink.Load> loads) {
    handle
        .createUpdate(
            """
            update sync_cursor as cursor set generation = generation + 1, %s
            where sink_id = :sink and has_begun and stop_reason is distinct from :deleted
              and not exists (
                select from unnest(:projects, :mappings, :generations)
                  as load (project_id, mapping, generation)
                where load.project_id = cursor.project_id and load.mapping = cursor.mapping
                  and load.generation >= cursor.generation)
            """
                .formatted(FROM_THE_START))
        .bind("sink", sink)
        .bind("deleted", DELETED)
        .bindArray("projects", UUID.class, loads.stream().map(Sink.Load::project).toList())
        .bindArray("mappings", String.class, loads.stream().map(Sink.Load::mapping).toList())
        .bindArray(
            "generations",
            Integer.class,
            loads.stream().map(load -> Cursor.generation(load.version())).toList())
        .execute();
  }

  /** Has the events of projects loaded again where some received in a time were not read yet. */
  static void reload(Handle handle, Collection<UUID> projects, Instant from, Instant until) {
    handle
        .createUpdate(
            """
            update sync_cursor as cursor set generation = generation + 1, %s
            where mapping = 'events' and project_id = any(:projects) and stop_reason is null
              and exists (
                select from sync_batch
                where sync_batch.project_id = cursor.project_id
                  and sync_batch.xid >= pg_snapshot_xmin(cursor.snapshot)
                  and not pg_visible_in_snapshot(sync_batch.xid, cursor.snapshot)
                  and first_received_at < :until and last_received_at >= :from)
            """
                .formatted(FROM_THE_START))
        .bindArray("projects", UUID.class, List.copyOf(projects))
        .bind("from", from.atOffset(ZoneOffset.UTC))
        .bind("until", until.atOffset(ZoneOffset.UTC))
        .execute();
  }

  /** What is committed while all is loaded follows from this snapshot on. */
  private static final String FROM_THE_START =
      """
      snapshot = pg_current_snapshot(), target = null, stage = 0, xid = '0', seq = 0,
      is_loading = true, has_begun = false, load_after = null, loaded = 0,
      stop_reason = null, stopped_at = null, unreadable = null
      """;

  /**
   * Keeps a cursor as it has become.
   *
   * @param rows how many rows came to the sink since
   * @throws Lease.Lost when another node has the lease
   * @throws Moved when the cursor was changed meanwhile, for example by a resync, or the sink is
   *     somewhere else
   */
  void save(Lease lease, Cursor cursor, long rows) {
    Snapshot target = cursor.target();
    int saved =
        database.write(handle -> {
          lease.fence(handle);
          return handle
              .createUpdate(
                  """
                  update sync_cursor set
                    snapshot = cast(:snapshot as pg_snapshot),
                    target = cast(:target as pg_snapshot),
                    stage = :stage, xid = cast(:xid as xid8), seq = :seq,
                    is_loading = :loading, load_after = cast(:after as jsonb), unreadable = null,
                    loaded = loaded + case
                      when is_loading and load_after is distinct from cast(:after as jsonb)
                      then :rows else 0 end,
                    delivered = delivered + :rows,
                    delivered_at = case when :rows = 0 then delivered_at else now() end
                  where sink_id = :sink and project_id = :project and mapping = :mapping
                    and generation = :generation and stop_reason is null
                    and exists (select from sync_sink where id = :sink and %s)
                  """
                      .formatted(HERE))
              .bind("fingerprint", fingerprint)
              .bind("snapshot", cursor.snapshot().text())
              .bind("target", target == null ? null : target.text())
              .bind("stage", cursor.position().stage())
              .bind("xid", Long.toString(cursor.position().xid()))
              .bind("seq", cursor.position().seq())
              .bind("loading", cursor.isLoading())
              .bind(
                  "after",
                  cursor.loadAfter() == null ? null : JSON.writeValueAsString(cursor.loadAfter()))
              .bind("rows", rows)
              .bind("sink", cursor.sink())
              .bind("project", cursor.project())
              .bind("mapping", cursor.mapping().id())
              .bind("generation", cursor.generation())
              .execute();
        });
    if (saved == 0) {
      throw new Moved(cursor);
    }
  }

  /** Notes that the sink knows of a cursor's load. */
  void begun(Lease lease, Cursor cursor) {
    change(lease, cursor, "has_begun = true");
  }

  /** Begins a load anew, above one of another life that the sink knows of. */
  void beginAbove(Lease lease, Cursor cursor, long version) {
    change(
        lease,
        cursor,
        "generation = %d, %s".formatted(Cursor.generation(version) + 1, FROM_THE_START));
  }

  private void change(Lease lease, Cursor cursor, String change) {
    int changed =
        database.write(handle -> {
          lease.fence(handle);
          return handle
              .createUpdate(
                  """
                  update sync_cursor set %s
                  where sink_id = :sink and project_id = :project and mapping = :mapping
                    and generation = :generation and is_loading and stop_reason is null
                  """
                      .formatted(change))
              .bind("sink", cursor.sink())
              .bind("project", cursor.project())
              .bind("mapping", cursor.mapping().id())
              .bind("generation", cursor.generation())
              .execute();
        });
    if (changed == 0) {
      throw new Moved(cursor);
    }
  }

  /** Stops a mapping until a resync. */
  void stop(Lease lease, Cursor cursor, String reason) {
    database.write(handle -> {
      lease.fence(handle);
      return handle
          .createUpdate(
              """
              update sync_cursor set stop_reason = :reason, stopped_at = now()
              where sink_id = :sink and project_id = :project and mapping = :mapping
                and generation = :generation
              """)
          .bind("reason", reason)
          .bind("sink", cursor.sink())
          .bind("project", cursor.project())
          .bind("mapping", cursor.mapping().id())
          .bind("generation", cursor.generation())
          .execute();
    });
  }

  /** Notes why a mapping does not get on; it is tried again, and forgotten once it does. */
  void unreadable(Lease lease, Cursor cursor, String why) {
    database.write(handle -> {
      lease.fence(handle);
      return handle
          .createUpdate(
              """
              update sync_cursor set unreadable = :why
              where sink_id = :sink and project_id = :project and mapping = :mapping
                and generation = :generation
              """)
          .bind("why", why)
          .bind("sink", cursor.sink())
          .bind("project", cursor.project())
          .bind("mapping", cursor.mapping().id())
          .bind("generation", cursor.generation())
          .execute();
    });
  }

  /** How long after a project was removed from a sink that is done once more. */
  static final String AGAIN = "interval '10 minutes'";

  static final String DELETED = "The project was deleted";

  /** Notes that a project that was deleted is removed from a sink: once, and then for good. */
  void removed(Lease lease, UUID sink, UUID project) {
    database.write(handle -> {
      lease.fence(handle);
      handle
          .createUpdate(
              """
              delete from sync_cursor
              where sink_id = :sink and project_id = :project
                and stop_reason = :reason and stopped_at < now() - %s
              """
                  .formatted(AGAIN))
          .bind("reason", DELETED)
          .bind("sink", sink)
          .bind("project", project)
          .execute();
      handle
          .createUpdate(
              "delete from sync_quarantine where sink_id = :sink and project_id = :project")
          .bind("sink", sink)
          .bind("project", project)
          .execute();
      return handle
          .createUpdate(
              """
              update sync_cursor set stop_reason = :reason, stopped_at = now()
              where sink_id = :sink and project_id = :project
                and stop_reason is distinct from :reason
              """)
          .bind("reason", DELETED)
          .bind("sink", sink)
          .bind("project", project)
          .execute();
    });
  }
}
