package dev.backspool.archiver;

import dev.backspool.ingest.Periodic;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.PartFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
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

  private static final Duration PAUSE = Duration.ofSeconds(3);
  private static final Duration DELETE_PAUSE = Duration.ofSeconds(10);
  private static final Duration SWEEP_PAUSE = Duration.ofMinutes(30);
  private static final Duration END_PATIENCE = Duration.ofSeconds(20);

  private final Claims claims;
  private final Dispatch dispatch;
  private final Rounds rounds;
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
    static final Round NONE = new Round(0, 0, 0);

    static Round failed(int sessions) {
      return new Round(0, 0, sessions);
    }

    Round of(int sessions) {
      return new Round(sessions, recorded, failed);
    }

    Round plus(Round other) {
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
    claims = new Claims(database, clock, settings.after());
    var files = new PassingFiles(settings.folder());
    var packer = new Packer(keys, settings.encrypted(), files, clock);
    dispatch =
        new Dispatch(database, archives.main(), clock, new Recorder(clock, settings.after()));
    rounds =
        new Rounds(
            claims,
            new HotFrames(database),
            packer,
            new Merger(database, partFiles, files, packer),
            dispatch,
            counts,
            settings.mergeAfter());
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
      Round round = rounds.archive();
      if (number == 0) {
        // Not after each batch, of which there may be many a second.
        if (System.nanoTime() - lookedAt >= PAUSE.toNanos()) {
          lookWhatWaits();
        }
        round = round.plus(rounds.merge());
      }
      return round;
    } catch (DatabaseUnavailable unavailable) {
      LOG.warn("Nothing is archived now: {}", unavailable.getMessage());
    } catch (RuntimeException | Error failure) {
      // Nobody would start this thread again, and what failed may have been memory.
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
    return alone(rounds::archive);
  }

  /** Merges everything that is due now; as {@link #archiveDue}. */
  public Round mergeDue() throws InterruptedException {
    return alone(rounds::merge);
  }

  /** A batch, for tests of several at a time. */
  Round archiveSome() throws InterruptedException {
    return rounds.archive();
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
      } while (last.claimed() > 0 && !rounds.isAway());
      return all;
    } finally {
      working.release(WORKERS);
    }
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
