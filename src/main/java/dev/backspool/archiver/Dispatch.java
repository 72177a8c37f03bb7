package dev.backspool.archiver;

import static java.util.stream.Collectors.toSet;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archiver.Claim.SessionKey;
import dev.backspool.archiver.Ending.Failed;
import dev.backspool.archiver.Ending.Overtaken;
import dev.backspool.archiver.Ending.Recorded;
import dev.backspool.archiver.Ending.Untried;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings packed files into the archive: planned together, put side by side, recorded together. What
 * fails for one of them does not fail the others. Any thread may call.
 */
final class Dispatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatch.class);

  /** Puts at a time: a disk or bucket takes several as fast as one. */
  private static final int PUTS = 16;

  /** Slower than so many bytes a second, a put has been given up long ago. */
  private static final long LEAST_RATE = 64 << 10;

  /** What is left of a plan's time when the lease is over. */
  private static final Duration GRACE = Duration.ofHours(1);

  private final Database database;
  private final Archive archive;
  private final InstantSource clock;
  private final Recorder recorder;

  /** Not virtual ones: they write to disk, and requests need the carriers. */
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          PUTS, Thread.ofPlatform().name("archive-put-", 0).daemon().factory());

  Dispatch(Database database, Archive archive, InstantSource clock, Recorder recorder) {
    this.database = database;
    this.archive = archive;
    this.clock = clock;
    this.recorder = recorder;
  }

  /**
   * Sends files off. Their bodies stay the caller's to discard.
   *
   * @return an ending for each, in no order. What ended otherwise than recorded has still its lease
   *     of {@code Ending.packed().claim()}
   * @throws DatabaseUnavailable when nothing can be told of any; what was put is deleted later
   * @throws InterruptedException when the process is stopping; what was put is deleted later
   */
  List<Ending> send(List<Packed> files) throws InterruptedException {
    var endings = new ArrayList<Ending>();
    List<Packed> planned = plan(files, endings);
    if (planned.isEmpty()) {
      return endings;
    }
    Steps.reached(Step.PLANNED);
    List<Packed> put = put(planned, endings);
    if (!put.isEmpty()) {
      Steps.reached(Step.PUT);
      record(put, endings);
    }
    Set<ObjectKey> known = planned.stream().map(file -> file.part().key()).collect(toSet());
    abandon(
        endings.stream()
            .filter(ending -> !(ending instanceof Recorded))
            .map(ending -> ending.packed().part().key())
            .filter(known::contains)
            .toList());
    return endings;
  }

  /** Writes down what is about to be put, and takes the time that the puts may need. */
  private List<Packed> plan(List<Packed> files, List<Ending> endings) {
    try {
      Plan plan = plan(files);
      plan.overtaken().forEach(file -> endings.add(new Overtaken(file)));
      return plan.renewed();
    } catch (DatabaseUnavailable unavailable) {
      throw unavailable;
    } catch (RuntimeException failure) {
      if (files.size() > 1) {
        return files.stream().flatMap(file -> plan(List.of(file), endings).stream()).toList();
      }
      endings.add(unforeseen(files.getFirst(), failure));
      return List.of();
    }
  }

  /** Files with their new leases, and those that may not be put. */
  private record Plan(List<Packed> renewed, List<Packed> overtaken) {}

  private Plan plan(List<Packed> files) {
    long bytes = files.stream().mapToLong(file -> file.part().bytes()).max().orElse(0);
    Instant lease = clock.instant().plus(Claims.LEASE).plusSeconds(bytes / LEAST_RATE);
    return Transaction.run(
        database,
        connection -> {
          List<Claim> claims = files.stream().map(Packed::claim).toList();
          Set<SessionKey> held = Claims.lock(connection, claims);
          Set<ObjectKey> planned =
              PlannedObjects.plan(
                  connection,
                  files.stream()
                      .filter(file -> held.contains(file.claim().key()))
                      .map(file -> file.part().key())
                      .toList(),
                  false,
                  lease.plus(GRACE));
          var renewed = new ArrayList<Packed>();
          var overtaken = new ArrayList<Packed>();
          for (Packed file : files) {
            // Without encryption an older copy has the same key, and may just be deleted.
            if (!planned.contains(file.part().key())) {
              overtaken.add(file);
            } else {
              renewed.add(
                  new Packed(
                      file.claim().renewed(lease.toEpochMilli()),
                      file.part(),
                      file.body(),
                      file.origin()));
            }
          }
          Claims.renew(
              connection, renewed.stream().map(Packed::claim).toList(), lease.toEpochMilli());
          return new Plan(renewed, overtaken);
        });
  }

  /** After the first failure no more are begun: most likely they would all fail, one by one. */
  private List<Packed> put(List<Packed> planned, List<Ending> endings) throws InterruptedException {
    var failed = new AtomicBoolean();
    List<Callable<Ending>> puts = new ArrayList<>();
    for (Packed file : planned) {
      puts.add(() -> put(file, failed));
    }
    var put = new ArrayList<Packed>();
    for (Future<Ending> future : threads.invokeAll(puts)) {
      switch (result(future)) {
        case Recorded arrived -> put.add(arrived.packed());
        case Ending other -> endings.add(other);
      }
    }
    return put;
  }

  private static Ending result(Future<Ending> future) throws InterruptedException {
    try {
      return future.get();
    } catch (CancellationException stopping) {
      throw new InterruptedException("the archiver is stopping");
    } catch (ExecutionException failure) {
      throw new IllegalStateException(failure.getCause());
    }
  }

  /** An ending that is only as good as the transaction to come. */
  private Ending put(Packed file, AtomicBoolean failed) {
    if (failed.get()) {
      return new Untried(file);
    }
    try {
      file.body().put(archive, file.part().key());
      return new Recorded(file);
    } catch (ArchiveUnavailable away) {
      failed.set(true);
      return new Failed(file, Trouble.ARCHIVE, String.valueOf(away.getMessage()));
    } catch (IOException unreadable) {
      return new Failed(file, Trouble.DISK, unreadable.toString());
    } catch (RuntimeException failure) {
      return unforeseen(file, failure);
    }
  }

  private static Ending unforeseen(Packed file, RuntimeException failure) {
    LOG.error("A part of session {} cannot be archived", file.claim().session(), failure);
    return new Failed(file, Trouble.INTERNAL, failure.toString());
  }

  private void record(List<Packed> put, List<Ending> endings) {
    try {
      Set<ObjectKey> recorded =
          Transaction.run(
              database,
              connection -> {
                Set<ObjectKey> some = recorder.record(connection, put);
                Steps.reached(Step.RECORDING);
                return some;
              });
      Steps.reached(Step.RECORDED);
      for (Packed file : put) {
        endings.add(
            recorded.contains(file.part().key()) ? new Recorded(file) : new Overtaken(file));
      }
    } catch (DatabaseUnavailable unavailable) {
      throw unavailable;
    } catch (RuntimeException failure) {
      if (put.size() > 1) {
        put.forEach(file -> record(List.of(file), endings));
      } else if (failure instanceof Recorder.Changed) {
        endings.add(new Overtaken(put.getFirst()));
      } else {
        endings.add(unforeseen(put.getFirst(), failure));
      }
    }
  }

  private void abandon(List<ObjectKey> keys) {
    if (keys.isEmpty()) {
      return;
    }
    Transaction.run(
        database,
        connection -> {
          PlannedObjects.abandon(connection, keys, false, clock.instant());
          return keys;
        });
  }

  /** Ends puts that run; what they leave is deleted later. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
