package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.Lease;
import dev.backspool.sync.Round.Place;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sync of this node: some threads that bring what changes to the sinks. Any number of nodes may
 * do so on one database; at a sink and project one works at a time, by a lease.
 *
 * <p>It wakes when a commit tells of a project, and looks now and then for what nobody told of.
 */
public final class Sync implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sync.class);

  /** After so long without work at a place another node may have it. */
  private static final Duration IDLE = Duration.ofSeconds(10);

  /** So long this node leaves a place to somebody else who wants it. */
  private static final Duration AWAY = Duration.ofSeconds(3);

  /** Whoever changes a sink tells of it: this finds what was told while nobody heard. */
  private static final int LOOKS_PER_REFRESH = 6;

  private static final Duration ASK_AGAIN = Duration.ofMillis(200);

  private final Database database;
  private final List<Mapping> mappings;
  private final Settings settings;
  private final Meter watcher;
  private final PastEvents past;
  private final Sinks sinks;
  private final Statuses statuses;
  private final Tasks tasks;
  private final Pending pending;
  private final Map<Place, Busy> busy = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Tidy tidy;
  private final Wakeups wakeups;
  private final Cursors cursors;
  private final Set<Place> asked = ConcurrentHashMap.newKeySet();
  private final Set<UUID> probed = ConcurrentHashMap.newKeySet();
  private final Map<Place, Long> away = new ConcurrentHashMap<>();
  private volatile Paused paused = Paused.NOTHING;
  private volatile boolean stopping;

  /** What a worker keeps of a place from round to round. */
  private record Busy(Round round, Held lease, Sink sink) {}

  /**
   * Starts.
   *
   * @param openers by the kind of sinks that any node can reach
   */
  public Sync(
      Database database,
      List<Mapping> mappings,
      Map<String, SinkOpener> openers,
      Settings settings) {
    this(database, mappings, openers, settings, PastEvents.NONE);
  }

  /**
   * Starts.
   *
   * @param openers by the kind of sinks that any node can reach
   * @param past events that have left PostgreSQL, and belong into the sinks all the same
   */
  public Sync(
      Database database,
      List<Mapping> mappings,
      Map<String, SinkOpener> openers,
      Settings settings,
      PastEvents past) {
    this(database, mappings, openers, settings, new Watcher() {}, past);
  }

  Sync(
      Database database,
      List<Mapping> mappings,
      Map<String, SinkOpener> openers,
      Settings settings,
      Watcher watcher) {
    this(database, mappings, openers, settings, watcher, PastEvents.NONE);
  }

  Sync(
      Database database,
      List<Mapping> mappings,
      Map<String, SinkOpener> openers,
      Settings settings,
      Watcher watcher,
      PastEvents past) {
    this.database = database;
    this.past = past;
    this.mappings = List.copyOf(mappings);
    this.settings = settings;
    this.watcher = new Meter(watcher);
    sinks = new Sinks(database, this.mappings, openers);
    statuses = new Statuses(database, this.mappings, sinks);
    tasks = new Tasks(settings.workers());
    pending = new Pending(database);
    cursors = new Cursors(database, this.mappings, "");
    tidy = new Tidy(database, this.mappings, sinks, settings);
    refresh();
    look(true);
    for (int i = 1; i <= settings.workers(); i++) {
      // Not virtual: a columnar store within the process works on the thread that calls it.
      threads.add(Thread.ofPlatform().daemon().name("sync-" + i).start(this::work));
    }
    threads.add(Thread.ofVirtual().name("sync-poll").start(this::poll));
    wakeups = new Wakeups(database, this::wake);
  }

  /** The destinations. */
  public Sinks sinks() {
    return sinks;
  }

  /** Adds a destination that this node alone can reach. */
  public void attach(UUID id, String kind, String name, String place, Sink sink) {
    sinks.attach(id, kind, name, place, sink);
    refresh();
    look(true);
  }

  /**
   * A commit told of a project, or of the sinks with an empty text; or somebody else wants a place,
   * told as sink and project with a slash between.
   */
  private void wake(String told) {
    if (told.isEmpty()) {
      refresh();
      // Somebody put right what kept them from working.
      sinks.all().stream()
          .filter(sink -> !sink.hasFailed())
          .forEach(sink -> tasks.recovered(sink.id()));
      look(true);
      return;
    }
    int slash = told.indexOf('/');
    if (slash >= 0) {
      var place =
          new Place(
              UUID.fromString(told.substring(0, slash)),
              UUID.fromString(told.substring(slash + 1)));
      if (!asked.contains(place)) {
        away.put(place, System.nanoTime() + AWAY.toNanos());
        tasks.add(place);
      }
      return;
    }
    UUID project = UUID.fromString(told);
    for (SinkRow sink : sinks.all()) {
      if (isOurs(sink) && sink.takes(project)) {
        tasks.add(new Place(sink.id(), project));
      }
    }
  }

  private boolean isOurs(SinkRow sink) {
    return !sink.isPaused() && sinks.isWithinReach(sink);
  }

  private void refresh() {
    sinks.refresh();
    paused = pending.paused();
  }

  /**
   * Looks where something is to be done, by one query.
   *
   * @return the sinks to which something is to be brought
   */
  private Set<UUID> look(boolean everywhere) {
    Map<UUID, SinkRow> ours =
        sinks.all().stream()
            .filter(this::isOurs)
            .collect(Collectors.toMap(SinkRow::id, Function.identity()));
    if (ours.isEmpty()) {
      return Set.of();
    }
    List<Place> places = pending.places(ours.keySet(), everywhere, mappings.size());
    places.forEach(tasks::add);
    return places.stream().map(Place::sink).collect(Collectors.toSet());
  }

  private void poll() {
    for (int looks = 1; !stopping; looks++) {
      try {
        long pause = settings.poll().toMillis();
        Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause));
        if (looks % LOOKS_PER_REFRESH == 0) {
          refresh();
        }
        Set<UUID> due = look(false);
        if (looks % LOOKS_PER_REFRESH == 0) {
          sinks.all().stream()
              .filter(sink -> sink.hasFailed() && !sink.isResting() && isOurs(sink))
              .filter(sink -> !due.contains(sink.id()) && probed.add(sink.id()))
              .forEach(sink -> Thread.ofVirtual().name("sync-probe").start(() -> probe(sink)));
        }
        giveUpIdle();
        tidy.look(paused);
      } catch (InterruptedException ends) {
        return;
      } catch (RuntimeException failure) {
        LOG.warn("The sync could not look for changes: {}", failure.getMessage());
      }
    }
  }

  /**
   * Looks whether a sink that failed answers again: where nothing is left to be brought there, or
   * another node brought it, nobody would notice.
   */
  private void probe(SinkRow sink) {
    try {
      sinks.open(sink).ping();
      tasks.recovered(sink.id());
      sinks.recovered(sink.id());
    } catch (SinkException | Sinks.Elsewhere failure) {
      LOG.debug("Sink {} does not answer yet: {}", sink.id(), failure.getMessage());
    } catch (RuntimeException failure) {
      LOG.warn("Whether sink {} answers cannot be seen: {}", sink.id(), failure.getMessage());
    } finally {
      probed.remove(sink.id());
    }
  }

  private void work() {
    try {
      Place place;
      while ((place = tasks.take()) != null) {
        try {
          if (work(place)) {
            tasks.add(place);
          }
        } catch (RuntimeException failure) {
          LOG.warn("The sync is held up: {}", failure.getMessage());
        } catch (OutOfMemoryError failure) {
          LOG.error("The sync has too little memory", failure);
          forget(place);
        } finally {
          tasks.done(place);
        }
      }
    } catch (InterruptedException ends) {
      // The program ends.
    }
  }

  /**
   * Does one round.
   *
   * @return whether there is more to do
   */
  private boolean work(Place place) {
    Optional<SinkRow> row =
        sinks.all().stream().filter(sink -> sink.id().equals(place.sink())).findFirst();
    if (row.isEmpty() || !isOurs(row.get()) || isAway(place)) {
      forget(place);
      return false;
    }
    try {
      Busy here = busy.get(place);
      if (here != null && !sinks.hasOpen(place.sink(), here.sink())) {
        forget(place); // It is somewhere else by now.
        here = null;
      }
      if (here == null) {
        Optional<Busy> taken = take(row.get(), place);
        if (taken.isEmpty()) {
          return wants(place); // Another node does it.
        }
        here = taken.get();
        busy.put(place, here);
        asked.remove(place);
      }
      here.lease().keep();
      boolean isLeft = here.round().run(() -> pausedAt(place));
      boolean hadFailed = tasks.recovered(place.sink());
      if (hadFailed || row.get().hasFailed()) {
        sinks.recovered(place.sink());
      }
      if (here.round().hasNewer()) {
        // A newer program is about, and knows more of what is copied: it is to have the place.
        leave(place);
        return false;
      }
      return isLeft && !stopping;
    } catch (SinkException failure) {
      fail(row.get(), failure);
      return true;
    } catch (Sinks.Elsewhere elsewhere) {
      LOG.info("{}", elsewhere.getMessage());
      forget(place);
      refresh();
      return true;
    } catch (Lease.Lost lost) {
      LOG.info("{}", lost.getMessage());
      busy.remove(place);
      return true;
    } catch (RuntimeException failure) {
      return fail(place, failure);
    }
  }

  private Paused pausedAt(Place place) {
    boolean isGoing =
        !stopping
            && sinks.all().stream()
                .anyMatch(sink -> sink.id().equals(place.sink()) && !sink.isPaused());
    return isGoing ? paused : Paused.EVERYTHING;
  }

  private boolean isAway(Place place) {
    Long until = away.get(place);
    if (until == null) {
      return false;
    }
    boolean isStill = System.nanoTime() - until < 0;
    if (!isStill) {
      away.remove(place);
    }
    return isStill;
  }

  private void leave(Place place) {
    away.put(place, System.nanoTime() + AWAY.toNanos());
    forget(place);
  }

  /** Asks for a place where another node works with an older program than this. */
  private boolean wants(Place place) {
    if (stopping || !cursors.isNewerThan(place.sink(), place.project())) {
      return false;
    }
    if (asked.add(place)) {
      pending.askFor(place);
    }
    try {
      Thread.sleep(ASK_AGAIN);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    return true;
  }

  private Optional<Busy> take(SinkRow row, Place place) throws SinkException {
    Optional<Lease> lease =
        Lease.take(
            database,
            "sync " + place.sink() + " " + place.project(),
            Duration.ZERO,
            settings.lease());
    if (lease.isEmpty()) {
      return Optional.empty();
    }
    try {
      var held = new Held(lease.get(), settings.lease());
      Sink sink = sinks.open(row);
      return Optional.of(
          new Busy(
              new Round(
                  database,
                  mappings,
                  place,
                  sink,
                  row.fingerprint(),
                  held,
                  settings,
                  watcher,
                  past),
              held,
              sink));
    } catch (SinkException | RuntimeException failure) {
      lease.get().giveUp();
      throw failure;
    }
  }

  private void fail(SinkRow row, SinkException failure) {
    int failures = tasks.failures(row.id());
    Duration pause = settings.pause(failures);
    long jittered = (long) (pause.toNanos() * (0.5 + ThreadLocalRandom.current().nextDouble()));
    tasks.pause(row.id(), failures, jittered);
    watcher.failed(row.id());
    sinks.failed(row.id(), failure, Duration.ofNanos(jittered));
  }

  /** What nobody foresaw is tried again at the next look, and not all the time. */
  private boolean fail(Place place, RuntimeException failure) {
    if (!stopping) {
      LOG.warn("Project {} does not get on to sink {}", place.project(), place.sink(), failure);
    }
    forget(place);
    return false;
  }

  private void forget(Place place) {
    Busy here = busy.remove(place);
    if (here != null) {
      giveUp(here);
    }
  }

  private static void giveUp(Busy here) {
    try {
      here.lease().lease().giveUp();
    } catch (RuntimeException away) {
      LOG.debug("A lease is left to run out: {}", away.getMessage());
    }
  }

  private void giveUpIdle() {
    var idle = new HashMap<>(busy);
    idle.values().removeIf(each -> each.lease().idle().compareTo(IDLE) < 0);
    idle.keySet()
        .forEach(place -> {
          if (tasks.begin(place)) {
            try {
              forget(place);
            } finally {
              tasks.done(place);
            }
          }
        });
  }

  /** Tells how it stands. */
  public Statuses statuses() {
    return statuses;
  }

  /** The numbers of changes. */
  public Numbers numbers() {
    return new Numbers(database, statuses);
  }

  /** Counts what this node has done. */
  public Meter meter() {
    return watcher;
  }

  /** Pauses a stage everywhere, or goes on with it: {@code tail}, {@code load}, {@code tidy}. */
  public boolean pause(String stage, boolean isPaused) {
    return pending.pause(stage, isPaused);
  }

  /** Whether a stage is paused everywhere. */
  public boolean isPaused(String stage) {
    return pending.isPaused(stage);
  }

  /** Compares sinks with PostgreSQL. */
  public SyncVerifier verifier() {
    return new SyncVerifier(database, mappings, sinks, settings, past);
  }

  /** Up to when all events that were received are in all sinks that are required. */
  public Instant readUpTo() {
    return pending.eventsReadUpTo();
  }

  /**
   * Events leave PostgreSQL, in the caller's transaction: sinks that have not read them all, and
   * need not be waited for, begin anew, and find them where they went.
   *
   * @param projects whose events they are
   * @param from the first time of their receipt
   * @param until the first beyond
   */
  public void leave(Handle handle, Collection<UUID> projects, Instant from, Instant until) {
    Cursors.reload(handle, projects, from, until);
  }

  /** Ends it: pages on their way arrive, and the leases are given back. */
  @Override
  public void close() {
    stopping = true;
    wakeups.close();
    tasks.end();
    for (Thread thread : threads) {
      if (thread.isVirtual()) {
        thread.interrupt();
      }
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    busy.values().forEach(Sync::giveUp);
    sinks.close();
  }
}
