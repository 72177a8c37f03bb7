package dev.backspool.sync;

import dev.backspool.Ids;
import dev.backspool.postgres.Database;
import dev.backspool.sync.SinkException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The destinations: what is registered, and what of it this node has open. Threads share one. */
public final class Sinks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sinks.class);
  private static final int MOST_ERROR = 500;

  /** Nothing is said against it: with the number of failures goes what the last one was. */
  private static final String UNTRIED =
      "failures = 0, error = null, error_kind = null, error_at = null, retry_at = null";

  private final Database database;
  private final List<Mapping> mappings;
  private final Map<String, SinkOpener> openers;
  private final Secrets secrets;
  private final Map<UUID, Open> open = new HashMap<>();
  private final Lock refreshing = new ReentrantLock();
  private volatile List<SinkRow> rows = List.of();

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

  /** A sink has another connection than this node knew: what is known of it is to be read again. */
  static final class Elsewhere extends RuntimeException {
    private static final long serialVersionUID = 1;

    Elsewhere(UUID sink) {
      super("Sink %s is somewhere else by now".formatted(sink), null, false, false);
    }
  }

  /** One at a time opens a sink; it holds nobody up who wants another. */
  private static final class Open {
    final String fingerprint;
    @Nullable Sink sink;
    boolean isPrepared;

    /**
     * Nothing yet.
     *
     * @param fingerprint of the connection: with another one it is somewhere else
     */
    Open(String fingerprint) {
      this.fingerprint = fingerprint;
    }
  }

  /** The kinds of sinks that can be added. */
  public Set<String> kinds() {
    return openers.keySet();
  }

  /**
   * Looks whether a destination answers, lets us in and lets us make tables. Whatever is wrong is
   * told by what is thrown.
   *
   * @throws SinkException when it is of no use like this
   * @throws IllegalArgumentException when there are no sinks of that kind
   */
  public void check(String kind, String connection) throws SinkException {
    try (Sink sink = opener(kind).open(connection)) {
      sink.prepare(List.of());
    }
  }

  private SinkOpener opener(String kind) {
    SinkOpener opener = openers.get(kind);
    if (opener == null) {
      throw new IllegalArgumentException("There are no sinks of kind " + kind);
    }
    return opener;
  }

  /** Where a connection leads, as far as it may be told; null when that is no address. */
  public static @Nullable Whereabouts whereabouts(String connection) {
    return Whereabouts.of(connection);
  }

  /** Where a sink is; null for one that has no address. */
  @Nullable Whereabouts whereabouts(UUID id, byte @Nullable [] connection) {
    return connection == null ? null : Whereabouts.of(secrets.decrypt(id, connection));
  }

  /**
   * Registers a destination that any node can reach.
   *
   * @param project whose own it is; null is one for all projects
   * @param connection its address; encrypted before it is stored
   */
  public UUID add(
      @Nullable UUID project, String kind, String name, String connection, boolean isRequired) {
    opener(kind);
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
   * Registers a destination that only nodes reach that have it open, as this one has. One that was
   * at this place before is forgotten.
   *
   * @param place where it is, for example a file of a host
   */
  void attach(UUID id, String kind, String name, String place, Sink sink) {
    refreshing.lock();
    try {
      register(id, kind, name, place, sink.isExclusive());
      synchronized (open) {
        var attached = new Open("");
        attached.sink = sink;
        open.put(id, attached);
      }
    } finally {
      refreshing.unlock();
    }
  }

  private void register(UUID id, String kind, String name, String place, boolean isExclusive) {
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
      if (isExclusive) {
        // Whoever had it open before does not live any more: nobody need wait for its leases' end.
        handle
            .createUpdate("update job set leased_until = null where starts_with(name, :sync)")
            .bind("sync", "sync " + id + " ")
            .execute();
      }
      return tell(handle);
    });
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

  /** A registered destination, as it is now. */
  public Optional<SinkRow> find(UUID id) {
    return now().stream().filter(row -> row.id().equals(id)).findFirst();
  }

  /**
   * A registered destination, as members are shown it.
   *
   * @param whereabouts where it is; null for one that has no address
   */
  public record Registered(SinkRow row, @Nullable Whereabouts whereabouts, Instant createdAt) {}

  /** The destinations that are a project's own, the first that was added first. */
  public List<Registered> of(UUID project) {
    return shown("project_id = :id", project);
  }

  /** A registered destination, as it is now and as members are shown it. */
  public Optional<Registered> show(UUID id) {
    return shown("id = :id", id).stream().findFirst();
  }

  private List<Registered> shown(String condition, UUID id) {
    Map<UUID, SinkRow> known =
        now().stream().collect(Collectors.toMap(SinkRow::id, Function.identity()));
    return database.write(handle ->
        handle
            .createQuery(
                """
                select id, connection, created_at from sync_sink where %s order by created_at, id
                """
                    .formatted(condition))
            .bind("id", id)
            .map((row, _) -> {
              UUID sink = row.getObject("id", UUID.class);
              byte[] connection = row.getBytes("connection");
              Instant createdAt = row.getObject("created_at", OffsetDateTime.class).toInstant();
              return Optional.ofNullable(known.get(sink))
                  .map(each -> new Registered(each, whereabouts(sink, connection), createdAt));
            })
            .list()
            .stream()
            .flatMap(Optional::stream)
            .toList());
  }

  /** Gives a destination another name. */
  public boolean rename(UUID id, String name) {
    return database.write(
        handle -> handle.execute("update sync_sink set name = ? where id = ?", name, id) > 0);
  }

  /**
   * Gives a destination another connection, tried at once wherever it is served. Where that leads
   * elsewhere, everything is loaded there; another login alone changes nothing there.
   */
  public boolean reconnect(UUID id, String connection) {
    byte[] encrypted = secrets.encrypt(id, connection);
    return database.write(handle -> {
      byte @Nullable [] before =
          handle
              .createQuery("select connection from sync_sink where id = :id for update")
              .bind("id", id)
              .mapTo(byte[].class)
              .findOne()
              .orElse(null);
      if (before == null) {
        return false;
      }
      handle.execute(
          "update sync_sink set connection = ?, %s where id = ?".formatted(UNTRIED), encrypted, id);
      if (!Whereabouts.isSame(secrets.decrypt(id, before), connection)) {
        Cursors.reload(handle, id, null, null);
      }
      return tell(handle);
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
      handle.execute("update sync_sink set %s where id = ?".formatted(UNTRIED), id);
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

  /** What is registered now. */
  public List<SinkRow> now() {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select
                  id, project_id, kind, name, is_required, is_paused, failures > 0 as has_failed,
                  coalesce(retry_at > now(), false) as is_resting, place is not null as is_placed,
                  coalesce(md5(connection), '') as fingerprint
                from sync_sink
                order by created_at, id
                """)
            .map((row, _) ->
                new SinkRow(
                    row.getObject("id", UUID.class),
                    row.getObject("project_id", UUID.class),
                    row.getString("kind"),
                    row.getString("name"),
                    row.getBoolean("is_required"),
                    row.getBoolean("is_paused"),
                    row.getBoolean("has_failed"),
                    row.getBoolean("is_resting"),
                    row.getBoolean("is_placed"),
                    row.getString("fingerprint")))
            .list());
  }

  /** Looks what is registered by now, and closes what is not any more, or is somewhere else. */
  void refresh() {
    List<Open> gone;
    // What was read earlier must not be taken for what is there now: it would close what is new.
    refreshing.lock();
    try {
      List<SinkRow> found = now();
      rows = found;
      Map<UUID, String> connections =
          found.stream().collect(Collectors.toMap(SinkRow::id, SinkRow::fingerprint));
      synchronized (open) {
        gone =
            open.entrySet().stream()
                .filter(each -> !each.getValue().fingerprint.equals(connections.get(each.getKey())))
                .map(Map.Entry::getValue)
                .toList();
        open.values().removeAll(gone);
      }
    } finally {
      refreshing.unlock();
    }
    gone.forEach(Sinks::close);
  }

  /** Whether a sink is the one that is open under an id. */
  boolean hasOpen(UUID id, Sink sink) {
    synchronized (open) {
      Open one = open.get(id);
      return one != null && sink.equals(one.sink);
    }
  }

  /** Whether this node can bring rows to a sink. */
  public boolean isWithinReach(SinkRow row) {
    if (openers.containsKey(row.kind()) && !row.isPlaced()) {
      return true;
    }
    synchronized (open) {
      return open.containsKey(row.id());
    }
  }

  /**
   * A sink, opened and its tables made; the same one each time.
   *
   * @throws Elsewhere when what is known of it is older, or newer, than what is open
   */
  Sink open(SinkRow row) throws SinkException {
    Open one;
    synchronized (open) {
      one = open.computeIfAbsent(row.id(), _ -> new Open(row.fingerprint()));
    }
    if (!one.fingerprint.equals(row.fingerprint())) {
      throw new Elsewhere(row.id());
    }
    synchronized (one) {
      Sink sink = one.sink;
      if (sink == null) {
        sink = connect(row);
        one.sink = sink;
      }
      if (!one.isPrepared) {
        Set<String> lacking = sink.prepare(mappings);
        List<Sink.Load> loads = sink.loads();
        database.write(handle -> {
          lacking.forEach(mapping -> Cursors.reload(handle, row.id(), null, mapping));
          // Also where the one who prepared it died before this.
          Cursors.reloadOthers(handle, row.id(), loads);
          return lacking.size();
        });
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
                .createQuery(
                    """
                    select connection from sync_sink where id = :id and md5(connection) = :fingerprint
                    """)
                .bind("id", row.id())
                .bind("fingerprint", row.fingerprint())
                .mapTo(byte[].class)
                .findOne()
                .orElse(null));
    if (opener == null) {
      throw new SinkException(Kind.REFUSED, "This node cannot reach the sink", null);
    }
    if (connection == null) {
      throw new Elsewhere(row.id());
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
    database.write(
        handle -> handle.execute("update sync_sink set %s where id = ?".formatted(UNTRIED), id));
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
