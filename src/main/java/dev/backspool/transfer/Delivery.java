package dev.backspool.transfer;

import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archiver.PlannedObjects;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.recording.Parts;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Brings packed parts into the archive, and into charge by the same transaction as the rows they
 * belong to. What dies in between leaves no object that nothing names: see {@link PlannedObjects}.
 */
final class Delivery implements AutoCloseable {
  /** Puts at a time: a disk or bucket takes several as fast as one. */
  private static final int PUTS = 8;

  /** Slower than so many bytes a second, a put has been given up long ago. */
  private static final long LEAST_RATE = 64 << 10;

  private static final Duration GRACE = Duration.ofHours(1);

  private final Database database;
  private final Archives archives;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          PUTS, Thread.ofPlatform().name("import-put-", 0).daemon().factory());

  Delivery(Database database, Archives archives) {
    this.database = database;
    this.archives = archives;
  }

  /** What came meanwhile makes these rows wrong. */
  static final class Overtaken extends RuntimeException {
    private static final long serialVersionUID = 1;

    Overtaken(String sentence) {
      super(sentence, null, false, false);
    }
  }

  /**
   * Stores parts and rows.
   *
   * @param rows adds the rows of the parts' sessions, which come first
   * @throws NotNow when the archive is away, or the rows were {@link Overtaken}; nothing is stored
   *     then
   */
  <R> R deliver(List<PackedPart> parts, Transaction.Work<R> rows) throws IOException {
    List<ObjectKey> keys = parts.stream().map(part -> part.part().key()).toList();
    plan(parts, keys);
    boolean stored = false;
    try {
      put(parts);
      R result =
          Transaction.run(
              database,
              connection -> {
                R added = rows.in(connection);
                if (PlannedObjects.spend(connection, keys, false).size() < keys.size()) {
                  throw new Overtaken("Storing the recordings took too long");
                }
                Parts.add(connection, parts.stream().map(PackedPart::part).toList());
                return added;
              });
      stored = true;
      return result;
    } catch (Overtaken overtaken) {
      throw new NotNow(String.valueOf(overtaken.getMessage()), overtaken);
    } finally {
      if (!stored) {
        abandon(keys);
      }
    }
  }

  private void plan(List<PackedPart> parts, List<ObjectKey> keys) throws IOException {
    if (keys.isEmpty()) {
      return;
    }
    long bytes = parts.stream().mapToLong(part -> part.part().bytes()).sum();
    Instant notBefore = Instant.now().plus(GRACE).plusSeconds(bytes / LEAST_RATE);
    int planned =
        Transaction.run(
            database, connection -> PlannedObjects.plan(connection, keys, false, notBefore).size());
    if (planned < keys.size()) {
      abandon(keys);
      throw new NotNow("An object of an earlier import is just being deleted");
    }
  }

  private void put(List<PackedPart> parts) throws IOException {
    var puts = new ArrayList<Callable<Void>>();
    for (PackedPart part : parts) {
      puts.add(() -> {
        part.object().putInto(archives.main(), part.part().key());
        return null;
      });
    }
    try {
      for (Future<Void> each : threads.invokeAll(puts)) {
        each.get();
      }
    } catch (ExecutionException failure) {
      switch (failure.getCause()) {
        case ArchiveUnavailable away ->
            throw new NotNow("The archive does not take recordings: " + away.getMessage(), away);
        case IOException unreadable -> throw unreadable;
        case RuntimeException unexpected -> throw unexpected;
        case null, default -> throw new IllegalStateException(failure);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotNow("The import was stopped", e);
    }
  }

  /** Where even this fails, they are deleted an hour later. */
  private void abandon(List<ObjectKey> keys) {
    if (!keys.isEmpty()) {
      Transaction.run(
          database,
          connection -> {
            PlannedObjects.abandon(connection, keys, false, Instant.now());
            return keys;
          });
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
