package dev.backspool.event;

import dev.backspool.Reason;
import dev.backspool.event.StoredEvents.Committed;
import dev.backspool.event.StoredEvents.Refused;
import dev.backspool.event.StoredEvents.RowOutcome;
import dev.backspool.ingest.GroupCommit;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.session.Mark;
import dev.backspool.session.OpenSessions;
import dev.backspool.session.SessionLimits;
import dev.backspool.session.Tombstones;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one door for events that were let in: what it answers {@link Committed} is durable. */
public final class Events implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);
  private static final Duration SOON = Duration.ofSeconds(2);

  /** How long a session of a backlog is left open for more of the backlog. */
  private static final Duration SETTLE = Duration.ofSeconds(10);

  /** What a row costs in memory beside its properties. */
  private static final int ROW_BYTES = 500;

  private static final GroupCommit.Bounds BOUNDS =
      new GroupCommit.Bounds(2_000, 4 << 20, 20_000, 48 << 20, 2);

  private final Database database;
  private final Ingest ingest;
  private final InstantSource clock;
  private final Duration idle;
  private final Devices devices;
  private final GroupCommit<StoreEvents, Committed> commits;
  private final SessionCloser closer;
  private final LongAdder stored = new LongAdder();
  private final LongAdder unnamedBacklog = new LongAdder();

  /**
   * Starts the writers and the closing of sessions.
   *
   * @param clock tells when a request is received, what the day's salt is, and which sessions are
   *     over
   */
  public Events(Database database, Ingest ingest, SessionLimits sessions, InstantSource clock) {
    this.database = database;
    this.ingest = ingest;
    this.clock = clock;
    this.idle = sessions.idle();
    devices = new Devices(new Salts(database, clock));
    commits =
        new GroupCommit<>(
            "event-commit",
            BOUNDS,
            Events::size,
            new EventWriter(database, new OpenSessions(sessions), idle, SETTLE));
    closer = new SessionCloser(database, clock, idle);
  }

  private static long size(StoreEvents request) {
    long size = ROW_BYTES;
    for (Row row : request.rows()) {
      size +=
          ROW_BYTES
              + switch (row) {
                case Row.Track track -> track.properties().length();
                case Row.Kept kept -> kept.event().properties().length();
                default -> 0;
              };
    }
    return size;
  }

  /**
   * Commits the rows of a request. Returns when they are durable, or refused with nothing stored.
   */
  public StoredEvents store(StoreEvents request) {
    try {
      Committed committed = commits.submit(request);
      if (committed.rows().contains(RowOutcome.UNSTORABLE)) {
        ingest.count(
            request.project(), request.source(), Reason.UNSTORABLE, "The database refuses a row");
      }
      committed.rows().stream()
          .filter(RowOutcome.ERASED::equals)
          .forEach(_ -> {
            Outcome.Refused erased = Outcome.Refused.erased();
            ingest.count(request.project(), request.source(), erased.reason(), erased.detail());
          });
      count(request, committed);
      return committed;
    } catch (GroupCommit.Full e) {
      return refused(request, Reason.OVERLOADED, "Too much is waiting to be stored");
    } catch (DatabaseUnavailable e) {
      LOG.warn("Events were not stored: {}", e.getMessage());
      return refused(request, Reason.UNAVAILABLE, "The database cannot be reached");
    }
  }

  private void count(StoreEvents request, Committed committed) {
    for (int i = 0; i < committed.rows().size(); i++) {
      if (committed.rows().get(i) == RowOutcome.STORED
          && request.rows().get(i) instanceof Row.Track track) {
        stored.increment();
        boolean isHashed =
            track.sender() instanceof Sender.Device sender && sender.ids().previous() != null;
        if (isHashed && track.at().isBefore(request.receivedAt().minus(idle))) {
          unnamedBacklog.increment();
        }
      }
    }
  }

  /** Events stored since the start. */
  public long stored() {
    return stored.sum();
  }

  /**
   * Old events, of those stored since the start, whose device named itself nothing: they are taken
   * for a device of the day they came.
   */
  public long unnamedBacklog() {
    return unnamedBacklog.sum();
  }

  private Refused refused(StoreEvents request, Reason reason, String detail) {
    ingest.count(request.project(), request.source(), reason, detail);
    return new Refused(reason, detail, SOON);
  }

  /** Names devices. */
  public Devices devices() {
    return devices;
  }

  /** What tells the time of receipt. */
  public InstantSource clock() {
    return clock;
  }

  /** Ends sessions. */
  public SessionCloser closer() {
    return closer;
  }

  /**
   * The session that a recording of this device belongs to: the one that had an event or a chunk
   * within the idle limit.
   */
  public Optional<UUID> recordingSession(UUID project, DeviceIds device) {
    String previous = device.previous();
    List<String> names =
        previous == null ? List.of(device.current()) : List.of(device.current(), previous);
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select id from session
                    where
                      project_id = :project
                      and device_id in (<devices>)
                      and greatest(live_until, last_received_at) > at(:since)
                    order by started_at desc
                    limit 1
                    """)
                .bind("project", project)
                .bindList("devices", names)
                .bind("since", clock.instant().minus(idle).toEpochMilli())
                .mapTo(UUID.class)
                .findOne());
  }

  /** Whether the project has this session. */
  public boolean knows(UUID project, UUID session) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery("select 1 from session where project_id = :project and id = :id")
                .bind("project", project)
                .bind("id", session)
                .mapTo(Integer.class)
                .findOne()
                .isPresent());
  }

  /** Whether one of these sessions was erased and is not to be recorded again. */
  public boolean isErased(UUID project, List<UUID> sessions) {
    return Transaction.run(
        database,
        connection ->
            !Tombstones.watch(connection, List.of(project))
                .among(sessions.stream().map(session -> Mark.session(project, session)).toList())
                .isEmpty());
  }

  /** How many requests wait to be committed. */
  public int waiting() {
    return commits.waiting();
  }

  /** Commits what waits, then ends. Nothing new is taken. */
  @Override
  public void close() {
    closer.close();
    commits.close();
  }
}
