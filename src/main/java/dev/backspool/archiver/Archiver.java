package dev.backspool.archiver;

import dev.backspool.archiver.Claim.SessionKey;
import dev.backspool.archiver.Ending.Failed;
import dev.backspool.archiver.Ending.Overtaken;
import dev.backspool.archiver.Ending.Recorded;
import dev.backspool.archiver.Ending.Untried;
import dev.backspool.archiver.Packed.Older;
import dev.backspool.archiver.Packed.Uploads;
import dev.backspool.archiver.Packer.AllDamaged;
import dev.backspool.archiver.Packer.Chosen;
import dev.backspool.archiver.Packer.Gone;
import dev.backspool.archiver.Packer.Made;
import dev.backspool.archiver.Packer.NoDisk;
import dev.backspool.archiver.Packer.Nothing;
import dev.backspool.archiver.Packer.Result;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.ingest.Periodic;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import dev.backspool.recording.PartFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves recordings that nothing was added to for a while out of PostgreSQL into the archive, long
 * ones in parts while they go on; and makes one object of a recording's parts once it has settled.
 *
 * <p>While the archive is away everything else goes on: each session that was tried rests for a
 * while, and one at a time is tried until it works again.
 */
public final class Archiver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Archiver.class);

  /** One reads and packs while the other waits for the archive. */
  private static final int WORKERS = 2;

  private static final int AT_ONCE = 64;

  /** Of chunks: what a batch has in memory at most, but for a session that is larger. */
  private static final long BATCH_BYTES = 12L << 20;

  /** A recording with more, as chunks, stays in parts: they are large enough each. */
  private static final long MOST_MERGED = 1L << 30;

  private static final String OVERTAKEN = "it changed while it was archived";

  private static final Duration PAUSE = Duration.ofSeconds(3);
  private static final Duration DELETE_PAUSE = Duration.ofSeconds(10);
  private static final Duration SWEEP_PAUSE = Duration.ofMinutes(30);
  private static final Duration END_PATIENCE = Duration.ofSeconds(20);

  private final Settings settings;
  private final Claims claims;
  private final HotFrames chunks;
  private final Packer packer;
  private final Merger merger;
  private final Dispatch dispatch;
  private final Counts counts = new Counts();
  private final DoomedObjects doomed;
  private final OrphanSweep orphans;
  private final Semaphore working = new Semaphore(WORKERS, true);
  private final CountDownLatch closing = new CountDownLatch(1);
  private final List<Thread> workers = new ArrayList<>();
  private final Periodic deleting;
  private final Periodic sweeping;

  /** By the system's own clock, in the first worker. */
  private volatile long lookedAt = System.nanoTime() - PAUSE.toNanos();

  private volatile boolean still;

  /** Whether the last files all failed to be put. */
  private volatile boolean away;

  /**
   * How an archiver works.
   *
   * @param after how long after its last upload a recording is archived
   * @param encrypted whether what it writes is encrypted
   * @param mergeAfter how long after the last part came a recording's parts are merged
   * @param folder for passing files; those that an earlier run left there are removed
   */
  public record Settings(Duration after, boolean encrypted, Duration mergeAfter, Path folder) {
    /** Late uploads come in bursts: one merge serves them all. */
    public static final Duration MERGE_AFTER = Duration.ofMinutes(10);
  }

  /**
   * What a round came to.
   *
   * @param claimed sessions that were looked at
   * @param recorded objects that were put in charge
   * @param failed sessions that are to be tried again
   */
  public record Round(int claimed, int recorded, int failed) {
    private static final Round NONE = new Round(0, 0, 0);

    private static Round failed(int sessions) {
      return new Round(0, 0, sessions);
    }

    private Round of(int sessions) {
      return new Round(sessions, recorded, failed);
    }

    private Round plus(Round other) {
      return new Round(claimed + other.claimed, recorded + other.recorded, failed + other.failed);
    }
  }

  /**
   * Starts archiving, merging and deleting, every few seconds from now on.
   *
   * @param clock tells what is idle, and when what is tried again
   */
  public Archiver(
      Database database,
      Archives archives,
      DataKeys keys,
      PartFiles partFiles,
      InstantSource clock,
      Settings settings) {
    this.settings = settings;
    claims = new Claims(database, clock, settings.after());
    chunks = new HotFrames(database);
    var files = new PassingFiles(settings.folder());
    packer = new Packer(keys, settings.encrypted(), files, clock);
    merger = new Merger(database, partFiles, files, packer);
    dispatch =
        new Dispatch(database, archives.main(), clock, new Recorder(clock, settings.after()));
    doomed = new DoomedObjects(database, archives, clock, counts);
    orphans = new OrphanSweep(database, archives, clock);
    for (int i = 0; i < WORKERS; i++) {
      int number = i;
      workers.add(Thread.ofPlatform().name("archiver-" + i).daemon().start(() -> work(number)));
    }
    deleting = new Periodic("doomed-objects", DELETE_PAUSE, this::deleteDue);
    sweeping = new Periodic("orphan-sweep", SWEEP_PAUSE, orphans::sweepWhenDue);
  }

  /** What has been done since the start. */
  public Counts counts() {
    return counts;
  }

  /** Deletes what is to go. */
  public DoomedObjects doomed() {
    return doomed;
  }

  /** Finds what nothing names. */
  public OrphanSweep orphans() {
    return orphans;
  }

  private void work(int number) {
    boolean goesOn = true;
    while (goesOn) {
      try {
        boolean more = round(number).recorded() > 0;
        goesOn = !closing.await(more ? 0 : PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException stopping) {
        goesOn = false;
      }
    }
  }

  private void deleteDue() {
    if (!still) {
      doomed.deleteDue();
    }
  }

  /** Has nothing done by itself from now on: a test says when. */
  void standStill() throws InterruptedException {
    still = true;
    working.acquire(WORKERS); // What has begun is waited for.
    working.release(WORKERS);
  }

  private Round round(int number) throws InterruptedException {
    working.acquire();
    try {
      if (still) {
        return Round.NONE;
      }
      Round round = archiveSome();
      if (number == 0) {
        // Not after each batch, of which there may be many a second.
        if (System.nanoTime() - lookedAt >= PAUSE.toNanos()) {
          lookWhatWaits();
        }
        round = round.plus(mergeSome());
      }
      return round;
    } catch (DatabaseUnavailable unavailable) {
      LOG.warn("Nothing is archived now: {}", unavailable.getMessage());
    } catch (RuntimeException failure) {
      LOG.error("Archiving failed, tried again in {}", PAUSE, failure);
    } finally {
      working.release();
    }
    return Round.NONE;
  }

  /** Counts all that waits. */
  void lookWhatWaits() {
    counts.waiting(claims.waiting());
    lookedAt = System.nanoTime();
  }

  /**
   * Archives everything that is due now, after the workers have ended what they have begun. While
   * the archive is away, it tries once.
   */
  public Round archiveDue() throws InterruptedException {
    return alone(this::archiveSome);
  }

  /** Merges everything that is due now; as {@link #archiveDue}. */
  public Round mergeDue() throws InterruptedException {
    return alone(this::mergeSome);
  }

  @FunctionalInterface
  private interface Some {
    Round run() throws InterruptedException;
  }

  private Round alone(Some some) throws InterruptedException {
    working.acquire(WORKERS);
    try {
      Round all = Round.NONE;
      Round last;
      do {
        last = some.run();
        all = all.plus(last);
      } while (last.claimed() > 0 && !away);
      return all;
    } finally {
      working.release(WORKERS);
    }
  }

  /** Archives a batch. */
  Round archiveSome() throws InterruptedException {
    List<Claim> claimed = claims.hot(away ? 1 : AT_ONCE, BATCH_BYTES);
    if (claimed.isEmpty()) {
      return Round.NONE;
    }
    Steps.reached(Step.CLAIMED);
    return archive(claimed).of(claimed.size());
  }

  /** What fails for all of them together, each is tried with alone. */
  private Round archive(List<Claim> claimed) throws InterruptedException {
    List<Result> results;
    try {
      results = pack(claimed);
    } catch (DatabaseUnavailable unavailable) {
      throw unavailable;
    } catch (RuntimeException failure) {
      if (claimed.size() == 1) {
        LOG.error("Session {} cannot be archived", claimed.getFirst().session(), failure);
        fail(claimed.getFirst(), Trouble.INTERNAL, failure.toString());
        return Round.failed(1);
      }
      Round round = Round.NONE;
      for (Claim claim : claimed) {
        round = round.plus(archive(List.of(claim)));
      }
      return round;
    }
    Steps.reached(Step.PACKED);
    List<Packed> packed = new ArrayList<>();
    int failed = 0;
    for (Result result : results) {
      switch (result) {
        case Made made -> packed.add(made.packed());
        case AllDamaged damaged -> {
          failed++;
          counts.failed(Trouble.DAMAGED_UPLOAD);
          claims.fail(damaged.claim(), Recorder.damagedMessage(damaged.uploads()), Pause.LONG);
        }
        case Nothing nothing -> claims.recount(nothing.claim());
        case Gone gone -> fail(gone.claim(), Trouble.OVERTAKEN, OVERTAKEN);
        case NoDisk full -> {
          failed++;
          fail(full.claim(), Trouble.DISK, full.failure().toString());
        }
      }
    }
    return send(packed).plus(Round.failed(failed));
  }

  private List<Result> pack(List<Claim> claimed) throws InterruptedException {
    Instant idleSince = claims.idleSince();
    Map<SessionKey, List<Frame>> frames = chunks.of(claimed);
    List<Chosen> sessions =
        claimed.stream()
            .map(claim ->
                new Chosen(
                    claim,
                    Packer.choose(claim, frames.getOrDefault(claim.key(), List.of()), idleSince)))
            .toList();
    return packer.pack(sessions, chunks);
  }

  private Round mergeSome() throws InterruptedException {
    List<Claim> claimed = away ? List.of() : claims.inParts(1, settings.mergeAfter(), MOST_MERGED);
    if (claimed.isEmpty()) {
      return Round.NONE;
    }
    Steps.reached(Step.CLAIMED);
    return merge(claimed.getFirst()).of(1);
  }

  private Round merge(Claim claim) throws InterruptedException {
    Optional<Packed> packed;
    try {
      packed = merger.merge(claim);
    } catch (Merger.Unreadable unreadable) {
      boolean passing = unreadable.fault() == Fault.UNAVAILABLE;
      fail(
          claim,
          passing ? Trouble.ARCHIVE : Trouble.DAMAGED_PART,
          String.valueOf(unreadable.getMessage()),
          passing ? Pause.after(claim.failures()) : Pause.LONG);
      return Round.failed(1);
    } catch (IOException noDisk) {
      fail(claim, Trouble.DISK, noDisk.toString());
      return Round.failed(1);
    } catch (DatabaseUnavailable unavailable) {
      throw unavailable;
    } catch (RuntimeException failure) {
      LOG.error("The parts of session {} cannot be merged", claim.session(), failure);
      fail(claim, Trouble.INTERNAL, failure.toString());
      return Round.failed(1);
    }
    if (packed.isEmpty()) {
      claims.recount(claim);
      return Round.NONE;
    }
    Steps.reached(Step.PACKED);
    return send(List.of(packed.get()));
  }

  private Round send(List<Packed> packed) throws InterruptedException {
    if (packed.isEmpty()) {
      return Round.NONE;
    }
    List<Ending> endings;
    try {
      endings = dispatch.send(packed);
    } finally {
      packed.forEach(Packed::discard);
    }
    int recorded = 0;
    int failed = 0;
    boolean isAway = false;
    var untried = new ArrayList<Claim>();
    for (Ending ending : endings) {
      switch (ending) {
        case Recorded done -> {
          recorded++;
          count(done.packed());
        }
        case Failed failure -> {
          failed++;
          isAway |= failure.trouble() == Trouble.ARCHIVE;
          fail(failure.packed().claim(), failure.trouble(), failure.message());
        }
        case Untried nothing -> untried.add(nothing.packed().claim());
        case Overtaken overtaken -> fail(overtaken.packed().claim(), Trouble.OVERTAKEN, OVERTAKEN);
      }
    }
    claims.release(untried);
    told(recorded > 0, isAway, endings);
    return new Round(0, recorded, failed);
  }

  private void told(boolean works, boolean fails, List<Ending> endings) {
    if (works) {
      if (away) {
        LOG.info("The archive takes recordings again");
      }
      away = false;
    } else if (fails) {
      if (!away) {
        endings.stream()
            .filter(Failed.class::isInstance)
            .findFirst()
            .ifPresent(first ->
                LOG.warn(
                    "The archive takes no recordings, they wait in PostgreSQL: {}",
                    ((Failed) first).message()));
      }
      away = true;
    }
  }

  private void count(Packed done) {
    switch (done.origin()) {
      case Uploads uploads -> {
        counts.archived(done.part().bytes(), done.part().chunkBytes());
        if (uploads.damaged() > 0) {
          counts.failed(Trouble.DAMAGED_UPLOAD);
          LOG.error(
              "Session {}: {}", done.claim().session(), Recorder.damagedMessage(uploads.damaged()));
        }
      }
      case Older _ -> counts.merged(done.part().bytes());
    }
  }

  private void fail(Claim claim, Trouble trouble, String message) {
    fail(claim, trouble, message, Pause.after(claim.failures()));
  }

  /** Of a session that is somebody else's by now, or nobody's, nothing is changed. */
  private void fail(Claim claim, Trouble trouble, String message, Duration pause) {
    counts.failed(trouble);
    claims.fail(claim, message, pause);
  }

  /**
   * Ends what is begun, or leaves it where another start goes on, when that takes longer than some
   * seconds.
   */
  @Override
  public void close() {
    closing.countDown();
    try {
      long until = System.nanoTime() + END_PATIENCE.toNanos();
      for (Thread worker : workers) {
        worker.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
      }
      dispatch.close();
      for (Thread worker : workers) {
        worker.interrupt();
        worker.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    deleting.close();
    sweeping.close();
  }
}
