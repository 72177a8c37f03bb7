package dev.backspool.verify;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.Lease;
import dev.backspool.recording.Archives;
import dev.backspool.verify.Finding.Place;
import dev.backspool.verify.Progress.Step;
import dev.backspool.verify.SessionReader.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Verifies an installation. One object for one run; one run at a time of all that use the database,
 * by a lease.
 *
 * <p>What it costs at most: half of the processors, five connections beside the server's own, some
 * 50 MB of heap and, outside of it, a window over a recording for each of these processors.
 */
public final class Verification {
  /** Time between two looks at what seems wrong. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  static final String JOB = "verify";

  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Duration RENEWAL = Duration.ofSeconds(15);
  private static final Duration TICK = Duration.ofSeconds(1);

  /** Sessions that are read at a time, unless they have many uploads. */
  private static final int SESSIONS = 100;

  /** Rows of chunks that are held at a time, without their payloads; one session may have more. */
  private static final int CHUNKS = 10_000;

  /** Most of the time they wait, for PostgreSQL or a bucket. */
  private static final int AT_ONCE = 4;

  private final Database database;
  private final Archives archives;
  private final Options options;
  private final Duration patience;
  private final Tally tally = new Tally();
  private final Map<Kind, Summary.Count> kinds = new EnumMap<>(Kind.class);
  private final AtomicReference<@Nullable RuntimeException> end = new AtomicReference<>();

  public Verification(Database database, Archives archives, Options options) {
    this(database, archives, options, PATIENCE);
  }

  /** With another time between two looks. */
  Verification(Database database, Archives archives, Options options, Duration patience) {
    this.database = database;
    this.archives = archives;
    this.options = options;
    this.patience = patience;
  }

  /** Another verification runs on the same database. */
  public static final class Running extends Exception {
    private static final long serialVersionUID = 1;

    Running() {
      super(
          "Another verification of this database runs. One that was killed counts as running for a"
              + " minute more.");
    }
  }

  /** It was ended by {@link #end}. */
  public static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1;

    Ended() {
      super("the verification was ended", null, false, false);
    }
  }

  /** Ends the run soon, if it runs; it throws {@link Ended}. */
  public void end() {
    end.compareAndSet(null, new Ended());
  }

  /**
   * Looks at everything.
   *
   * @param watcher is told by any thread, one at a time
   * @throws Running when another one runs
   * @throws ArchiveUnavailable when the archive does not answer: nothing can be said of it
   * @throws dev.backspool.postgres.DatabaseUnavailable when the database does not answer
   * @throws Lease.Lost when the lease could not be renewed in time and another one runs
   */
  public Summary run(Watcher watcher) throws Running, ArchiveUnavailable, InterruptedException {
    archives.main().check();
    Archive cold = archives.cold();
    if (cold != null) {
      cold.check();
    }
    Lease lease = Lease.take(database, JOB, Duration.ZERO, LEASE).orElseThrow(Running::new);
    long began = System.nanoTime();
    Thread ticker = Thread.ofVirtual().name("verify-tick").start(() -> tick(lease, watcher));
    try {
      var run = new Run(watcher);
      run.tables();
      run.sessions();
      run.references();
      run.archive();
      run.again();
    } finally {
      ticker.interrupt();
      ticker.join();
      lease.finish();
    }
    return new Summary(
        tally.sessions.get(),
        tally.uploads.get(),
        tally.objects.get(),
        tally.listed.get(),
        tally.events.get(),
        tally.bytes.get(),
        Duration.ofNanos(System.nanoTime() - began),
        Map.copyOf(kinds));
  }

  /** Tells how far it is, and keeps the lease; whatever goes wrong with it ends the run. */
  private void tick(Lease lease, Watcher watcher) {
    try {
      for (long ticks = 1; ; ticks++) {
        Thread.sleep(TICK);
        tell(watcher);
        if (ticks % RENEWAL.dividedBy(TICK) == 0) {
          lease.renew(null);
        }
      }
    } catch (InterruptedException e) {
      // The run is over.
    } catch (RuntimeException failure) {
      end.compareAndSet(null, failure);
    }
  }

  private void tell(Watcher watcher) {
    synchronized (watcher) {
      watcher.progress(tally.progress());
    }
  }

  private void orEnd() {
    RuntimeException reason = end.get();
    if (reason != null) {
      throw reason;
    }
  }

  /** The steps, with what they share. */
  private final class Run {
    private final Watcher watcher;
    private final Suspects suspects;
    private final SessionCheck check;

    /** Does not count again what was counted before. */
    private final SessionCheck recheck;

    private final TableCheck tableCheck;
    private final ReferenceCheck references;
    private final ErasureCheck erasures;
    private final DoomedCheck doomed;

    Run(Watcher watcher) {
      this.watcher = watcher;
      suspects = new Suspects(patience, options.repair(), this::found);
      check = new SessionCheck(database, archives, options.quick(), tally);
      recheck = new SessionCheck(database, archives, options.quick(), new Tally());
      tableCheck = new TableCheck(database, options.project(), options.quick());
      references = new ReferenceCheck(database, options.project());
      erasures = new ErasureCheck(database, options.project());
      doomed = new DoomedCheck(database, archives, options.project());
    }

    private void found(Finding finding) {
      long repaired = Boolean.TRUE.equals(finding.repaired()) ? 1 : 0;
      synchronized (watcher) {
        kinds.merge(
            finding.kind(),
            new Summary.Count(1, repaired),
            (one, other) ->
                new Summary.Count(one.found() + other.found(), one.repaired() + other.repaired()));
        watcher.found(finding);
      }
    }

    private void begin(Step step, long units) {
      tally.begin(step, units);
      tell(watcher);
    }

    private void pause() throws ArchiveUnavailable, InterruptedException {
      orEnd();
      suspects.settleSome();
    }

    void tables() throws ArchiveUnavailable, InterruptedException {
      List<TableCheck.Table> tables = tableCheck.tables();
      begin(Step.TABLES, tables.size());
      suspect(tableCheck::lookAtTables);
      suspect(tableCheck::lookAtKeys);
      suspect(tableCheck::lookAtJobs);
      for (TableCheck.Table table : tables) {
        suspect(() -> tableCheck.read(table));
        tally.done(1);
        pause();
      }
      // What is in a table that was put back is not missed by the steps that follow.
      while (suspects.size() > 0) {
        orEnd();
        suspects.settleNext();
      }
    }

    private void suspect(Check look) throws ArchiveUnavailable {
      suspects.add(look, look.look());
    }

    void sessions() throws ArchiveUnavailable, InterruptedException {
      begin(
          Step.SESSIONS,
          database.snapshot(handle ->
              handle
                  .createQuery(
                      """
                      select count(*) from session
                      where cast(:project as uuid) is null or project_id = cast(:project as uuid)
                      """)
                  .bind("project", options.project())
                  .mapTo(Long.class)
                  .one()));
      var workers = new Workers();
      try {
        for (UUID project : projects()) {
          @Nullable UUID last = null;
          while (true) {
            List<Waiting> page = next(project, last);
            if (page.isEmpty()) {
              break;
            }
            last = page.getLast().id();
            List<UUID> ids = page.stream().map(Waiting::id).toList();
            workers.start(() -> look(project, ids));
            pause();
          }
        }
        workers.finish();
      } finally {
        workers.stop();
      }
    }

    private List<UUID> projects() {
      UUID project = options.project();
      return project != null
          ? List.of(project)
          : database.snapshot(handle ->
              handle.createQuery("select id from project order by id").mapTo(UUID.class).list());
    }

    private List<Waiting> next(UUID project, @Nullable UUID after) {
      List<Waiting> some =
          database.snapshot(handle -> SessionReader.next(handle, project, after, SESSIONS));
      int taken = 0;
      long chunks = 0;
      while (taken < some.size() && (taken == 0 || chunks + some.get(taken).chunks() <= CHUNKS)) {
        chunks += some.get(taken).chunks();
        taken++;
      }
      return some.subList(0, taken);
    }

    private void look(UUID project, List<UUID> ids) throws ArchiveUnavailable {
      orEnd();
      try {
        check
            .look(project, ids)
            .forEach((session, seen) -> suspects.add(() -> lookAgain(project, session), seen));
      } catch (RuntimeException failure) {
        if (Unreadable.of(failure, Place.project(project)).isEmpty()) {
          throw failure;
        }
        for (UUID session : ids) {
          suspects.add(() -> lookAgain(project, session), lookAgain(project, session));
        }
      }
      tally.done(ids.size());
    }

    private List<Suspicion> lookAgain(UUID project, UUID session) throws ArchiveUnavailable {
      try {
        return recheck.look(project, List.of(session)).getOrDefault(session, List.of());
      } catch (RuntimeException failure) {
        return Unreadable.of(failure, Place.session(project, session))
            .map(List::of)
            .orElseThrow(() -> failure);
      }
    }

    void references() throws ArchiveUnavailable, InterruptedException {
      List<TableCheck.Table> tables = tableCheck.tables();
      begin(Step.REFERENCES, tables.size() + 3L);
      for (TableCheck.Table table : tables) {
        references.walk(table, suspects::add);
        tally.done(1);
        pause();
      }
      references.walkReceipts(suspects::add);
      tally.done(1);
      pause();
      suspect(erasures::lookAtUnfinished);
      erasures.walk(tables, suspects::add);
      tally.done(1);
      pause();
      doomed.walk(suspects::add);
      tally.done(1);
      pause();
    }

    void archive() throws ArchiveUnavailable, InterruptedException {
      begin(Step.ARCHIVE, 0);
      new DayCheck(database, archives, erasures, options.project(), options.quick(), tally)
          .walk(suspects::add, this::pause);
      new ArchiveWalk(database, archives, doomed, recheck, options.project(), tally)
          .walk(suspects::add, this::pause);
    }

    void again() throws ArchiveUnavailable, InterruptedException {
      begin(Step.AGAIN, suspects.size());
      while (suspects.size() > 0) {
        orEnd();
        suspects.settleNext();
        tally.done(1);
      }
    }
  }

  /** What a worker does. */
  private interface Work {
    void run() throws ArchiveUnavailable;
  }

  /** A few threads at a time; the first failure of any is the failure of all. */
  private static final class Workers {
    private final Semaphore places = new Semaphore(AT_ONCE);
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /** Waits for a place, then starts. */
    void start(Work work) throws ArchiveUnavailable, InterruptedException {
      orFail();
      places.acquire();
      threads.removeIf(thread -> !thread.isAlive());
      threads.add(
          // Not a virtual one: others of those would wait for its processor.
          Thread.ofPlatform()
              .name("verify")
              .start(() -> {
                try {
                  work.run();
                } catch (ArchiveUnavailable | RuntimeException | Error e) {
                  failure.compareAndSet(null, e);
                } finally {
                  places.release();
                }
              }));
    }

    void finish() throws ArchiveUnavailable, InterruptedException {
      for (Thread thread : threads) {
        thread.join();
      }
      orFail();
    }

    private void orFail() throws ArchiveUnavailable {
      switch (failure.get()) {
        case ArchiveUnavailable unavailable -> throw unavailable;
        case RuntimeException unexpected -> throw unexpected;
        case Error error -> throw error;
        case null -> {}
        default -> throw new IllegalStateException(failure.get());
      }
    }

    /** Waits for those that run, whatever becomes of them. */
    void stop() throws InterruptedException {
      places.acquire(AT_ONCE);
    }
  }
}
