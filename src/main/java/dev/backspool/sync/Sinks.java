package dev.backspool.sync;

import dev.backspool.Ids;
import dev.backspool.postgres.Database;
import dev.backspool.sync.SinkException.Kind;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The destinations: what is registered, and what of it this node has open. Threads share one. */
public final class Sinks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sinks.class);
  private static final int MOST_ERROR = 500;

  private final Database database;
  private final List<Mapping> mappings;
  private final Map<String, SinkOpener> openers;
  private final Secrets secrets;
  private final Map<UUID, Open> open = new HashMap<>();
  private volatile List<SinkRow> rows = List.of();

  /** Those that only nodes reach that have them open. */
  private volatile Set<UUID> placed = Set.of();

  /**
   * Opens nothing yet.
   *
   * @param openers by the kind of sinks that any node can reach
   */
  Sinks(Database database, List<Mapping> mappings, Map<String, SinkOpener> openers) {
    this.database = database;
    this.mappings = mappings;
    this.openers = openers;
    secrets = new Secrets(database);
  }

  /** One at a time opens a sink; it holds nobody up who wants another. */
  private static final class Open {
    @Nullable Sink sink;
    boolean isPrepared;
  }

  /**
   * Registers a destination that any node can reach.
   *
   * @param project whose own it is; null is one for all projects
   * @param connection its address; encrypted before it is stored
   */
  public UUID add(
      @Nullable UUID project, String kind, String name, String connection, boolean isRequired) {
    if (!openers.containsKey(kind)) {
      throw new IllegalArgumentException("There are no sinks of kind " + kind);
    }
    UUID id = Ids.uuid();
    byte[] encrypted = secrets.encrypt(id, connection);
    database.write(handle -> {
      handle
          .createUpdate(
              """
              insert into sync_sink (id, project_id, kind, name, connection, is_required)
              values (:id, cast(:project as uuid), :kind, :name, :connection, :required)
              """)
          .bind("id", id)
          .bind("project", project)
          .bind("kind", kind)
          .bind("name", name)
          .bind("connection", encrypted)
          .bind("required", isRequired)
          .execute();
      return tell(handle);
    });
    return id;
  }

  /**
   * Registers a destination that this node alone can reach, and has open. One that was at this
   * place before is forgotten.
   *
   * @param place where it is, for example a file of a host
   */
  void attach(UUID id, String kind, String name, String place, Sink sink) {
    database.write(handle -> {
      handle
          .createUpdate("delete from sync_sink where place = :place and id <> :id")
          .bind("place", place)
          .bind("id", id)
          .execute();
      handle
          .createUpdate(
              """
              insert into sync_sink (id, kind, name, place, is_required)
              values (:id, :kind, :name, :place, true)
              on conflict (id) do update set
                name = excluded.name, place = excluded.place, seen_at = now()
              """)
          .bind("id", id)
          .bind("kind", kind)
          .bind("name", name)
          .bind("place", place)
          .execute();
      return tell(handle);
    });
    synchronized (open) {
      var attached = new Open();
      attached.sink = sink;
      open.put(id, attached);
    }
  }

  /** Removes a destination; what it holds stays there. */
  public boolean remove(UUID id) {
    return database.write(handle -> {
      boolean removed = handle.execute("delete from sync_sink where id = ?", id) > 0;
      tell(handle);
      return removed;
    });
  }

  /** Pauses a destination, or goes on with it: pages on their way arrive, and no others begin. */
  public boolean pause(UUID id, boolean isPaused) {
    return database.write(handle -> {
      boolean found =
          handle.execute("update sync_sink set is_paused = ? where id = ?", isPaused, id) > 0;
      tell(handle);
      return found;
    });
  }

  /**
   * Makes a destination's tables what they should be, and loads everything there again.
   *
   * @param project null for all projects
   * @param mapping null for all mappings
   */
  public void resync(UUID id, @Nullable UUID project, @Nullable String mapping) {
    database.write(handle -> {
      Cursors.reload(handle, id, project, mapping);
      handle.execute("update sync_sink set failures = 0, retry_at = null where id = ?", id);
      return tell(handle);
    });
  }

  private static boolean tell(Handle handle) {
    handle.createQuery("select pg_notify('backspool_sync', '')").mapTo(String.class).list();
    return true;
  }

  /** What is registered, as of the last {@link #refresh}. */
  public List<SinkRow> all() {
    return rows;
  }

  /** Looks what is registered by now, and closes what is not any more. */
  List<SinkRow> refresh() {
    var places = new HashSet<UUID>();
    List<SinkRow> found =
        database.write(handle ->
            handle
                .createQuery(
                    """
                    select
                      id, project_id, kind, name, is_required, is_paused,
                      failures > 0 as has_failed, place is not null as is_placed
                    from sync_sink
                    order by created_at, id
                    """)
                .map((row, _) -> {
                  if (row.getBoolean("is_placed")) {
                    places.add(row.getObject("id", UUID.class));
                  }
                  return new SinkRow(
                      row.getObject("id", UUID.class),
                      row.getObject("project_id", UUID.class),
                      row.getString("kind"),
                      row.getString("name"),
                      row.getBoolean("is_required"),
                      row.getBoolean("is_paused"),
                      row.getBoolean("has_failed"));
                })
                .list());
    placed = Set.copyOf(places);
    rows = found;
    Set<UUID> ids = found.stream().map(SinkRow::id).collect(java.util.stream.Collectors.toSet());
    List<Open> gone;
    synchronized (open) {
      gone =
          open.entrySet().stream()
              .filter(each -> !ids.contains(each.getKey()))
              .map(Map.Entry::getValue)
              .toList();
      open.keySet().retainAll(ids);
    }
    gone.forEach(Sinks::close);
    return found;
  }

  /** Whether this node can bring rows to a sink. */
  boolean isWithinReach(SinkRow row) {
    if (openers.containsKey(row.kind()) && !placed.contains(row.id())) {
      return true;
    }
    synchronized (open) {
      return open.containsKey(row.id());
    }
  }

  /** A sink, opened and its tables made; the same one each time. */
  Sink open(SinkRow row) throws SinkException {
    Open one;
    synchronized (open) {
      one = open.computeIfAbsent(row.id(), _ -> new Open());
    }
    synchronized (one) {
      Sink sink = one.sink;
      if (sink == null) {
        sink = connect(row);
        one.sink = sink;
      }
      if (!one.isPrepared) {
        Set<String> lacking = sink.prepare(mappings);
        if (!lacking.isEmpty()) {
          database.write(handle -> {
            lacking.forEach(mapping -> Cursors.reload(handle, row.id(), null, mapping));
            return lacking.size();
          });
        }
        one.isPrepared = true;
      }
      return sink;
    }
  }

  private Sink connect(SinkRow row) throws SinkException {
    SinkOpener opener = openers.get(row.kind());
    byte @Nullable [] connection =
        database.write(handle ->
            handle
                .createQuery("select connection from sync_sink where id = :id")
                .bind("id", row.id())
                .mapTo(byte[].class)
                .findOne()
                .orElse(null));
    if (opener == null || connection == null) {
      throw new SinkException(Kind.REFUSED, "This node cannot reach the sink", null);
    }
    return opener.open(secrets.decrypt(row.id(), connection));
  }

  /** Notes that this node still has those open that it alone can reach. */
  void seen() {
    List<UUID> ours;
    synchronized (open) {
      ours = List.copyOf(open.keySet());
    }
    database.write(handle ->
        handle
            .createUpdate(
                "update sync_sink set seen_at = now() where place is not null and id = any(:ours)")
            .bindArray("ours", UUID.class, ours)
            .execute());
  }

  /** Notes that a sink did not take anything, and when it is tried again. */
  void failed(UUID id, SinkException failure, Duration pause) {
    String message = String.valueOf(failure.getMessage());
    LOG.warn("Sink {} is tried again in {}: {}", id, pause, message);
    database.write(handle ->
        handle
            .createUpdate(
                """
                update sync_sink set
                  failures = failures + 1, error = :error, error_kind = :kind, error_at = now(),
                  retry_at = now() + cast(:pause as interval)
                where id = :id
                """)
            .bind(
                "error", message.length() > MOST_ERROR ? message.substring(0, MOST_ERROR) : message)
            .bind("kind", failure.kind().name())
            .bind("pause", pause.toString())
            .bind("id", id)
            .execute());
  }

  /** Notes that a sink that had failed works again. */
  void recovered(UUID id) {
    database.write(handle ->
        handle.execute(
            "update sync_sink set failures = 0, error = null, error_kind = null, error_at = null, retry_at = null where id = ?",
            id));
  }

  private static void close(Open one) {
    synchronized (one) {
      if (one.sink != null) {
        one.sink.close();
        one.sink = null;
      }
    }
  }

  @Override
  public void close() {
    List<Open> all;
    synchronized (open) {
      all = List.copyOf(open.values());
      open.clear();
    }
    all.forEach(Sinks::close);
  }
}
