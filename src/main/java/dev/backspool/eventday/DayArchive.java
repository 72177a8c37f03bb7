package dev.backspool.eventday;

import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archiver.PlannedObjects;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How days' objects come into the archive: {@link #store} plans and puts one and reads it back;
 * {@link #record} puts it in charge, in the transaction that takes away what it was made of. What
 * dies in between leaves an object that is deleted. Any thread may call.
 */
public final class DayArchive {
  private static final Logger LOG = LoggerFactory.getLogger(DayArchive.class);
  private static final String PREFIX = "event-day-";
  private static final int NAME_DIGITS = 40;

  /**
   * From the plan to the record, for all projects of a day; it is renewed before the record. Where
   * writing all of a day takes longer, its first objects are deleted before its last are written,
   * and it is not archived by that run nor by any other.
   */
  private static final Duration GRACE = Duration.ofHours(6);

  /** How many events are read back between two calls of who waits for it. */
  private static final int LINES = 50_000;

  private static final Duration PUT_TICK = Duration.ofMinutes(1);

  /** Slower than so many bytes a second, a put has been given up long ago. */
  private static final long LEAST_RATE = 64 << 10;

  private final Database database;
  private final Archives archives;
  private final DataKeys keys;
  private final DayFiles files;
  private final boolean encrypted;
  private final Path folder;
  private final InstantSource clock;
  private volatile Consumer<String> watcher = _ -> {};

  /**
   * Stores nothing yet.
   *
   * @param encrypted whether objects are, from now on
   * @param folder where files lie before they are put
   */
  public DayArchive(
      Database database,
      Archives archives,
      DataKeys keys,
      boolean encrypted,
      Path folder,
      InstantSource clock) {
    this.database = database;
    this.archives = archives;
    this.keys = keys;
    this.files = new DayFiles(archives, keys);
    this.encrypted = encrypted;
    this.folder = folder;
    this.clock = clock;
  }

  /** Has a test told of the moments at which a crash could leave something half done. */
  public void watch(Consumer<String> next) {
    watcher = next;
  }

  /** Deletes files whose process died; before any is written. */
  public void removeLeftovers() {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException failure) {
      LOG.warn("Files that an earlier run left in {} stay: {}", folder, failure.toString());
    }
  }

  /** Days' objects, to be read. */
  public DayFiles files() {
    return files;
  }

  /** As {@link DayFiles#open}. */
  public DayReader open(EventDay day) throws IOException {
    return files.open(day);
  }

  /** Gives events, one after the other, in {@link EventLine#ORDER}. */
  @FunctionalInterface
  public interface Source {
    /** The next; empty behind the last. */
    Optional<EventLine> next() throws IOException;
  }

  /**
   * Makes an object of events, plans it, puts it, and reads it back: when this returns it is in the
   * archive, readable by the key that its row will have, and in nobody's charge.
   *
   * @return empty when there are no events
   * @throws DayAway when the archive does not answer
   * @throws IOException when the disk fails, what was read back is not what was written, or an
   *     object like this is just being deleted
   */
  public Optional<EventDay> store(UUID project, LocalDate day, Source events) throws IOException {
    return store(project, day, events, () -> {});
  }

  /**
   * The same, for who must not be silent for long.
   *
   * @param meanwhile called now and then while the object is put and read back, by one thread at a
   *     time; what it throws ends that
   */
  public Optional<EventDay> store(UUID project, LocalDate day, Source events, Runnable meanwhile)
      throws IOException {
    Files.createDirectories(folder);
    Path file = Files.createTempFile(folder, PREFIX, ".tmp");
    try {
      Optional<EventDay> written = write(project, day, events, file);
      if (written.isPresent()) {
        put(written.get(), file, meanwhile);
      }
      return written;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private void put(EventDay day, Path file, Runnable meanwhile) throws IOException {
    if (!plan(day)) {
      throw new IOException("an object like this one is just being deleted");
    }
    watcher.accept("after a plan");
    try {
      try (var ticks = new Ticks(PUT_TICK, meanwhile)) {
        archives.main().put(day.key(), file);
        ticks.end();
      }
      watcher.accept("after a put");
      long[] lines = new long[1];
      files.check(
          day,
          _ -> {
            if (++lines[0] % LINES == 0) {
              meanwhile.run();
            }
          });
    } catch (ArchiveUnavailable away) {
      abandon(List.of(day));
      throw new DayAway(away);
    } catch (IOException | RuntimeException failure) {
      abandon(List.of(day));
      throw failure;
    }
  }

  private Optional<EventDay> write(UUID project, LocalDate day, Source events, Path file)
      throws IOException {
    @Nullable SecretKey key = encrypted ? keys.generate() : null;
    DayWriter.Written written;
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
        var writer = new DayWriter(out, key)) {
      for (Optional<EventLine> line = events.next(); line.isPresent(); line = events.next()) {
        writer.add(line.get());
      }
      if (writer.lines() == 0) {
        return Optional.empty();
      }
      written = writer.finish();
    }
    String digits = HexFormat.of().formatHex(written.sha256()).substring(0, NAME_DIGITS);
    return Optional.of(
        new EventDay(
            project,
            day,
            EventDay.name(day, digits),
            written.bytes(),
            written.rawBytes(),
            written.lines(),
            written.firstId(),
            written.lastId(),
            written.sha256(),
            written.names(),
            key == null ? null : keys.wrap(project, key)));
  }

  private static List<ObjectKey> keysOf(Collection<EventDay> days) {
    return days.stream().map(EventDay::key).toList();
  }

  private boolean plan(EventDay day) {
    return !Transaction.run(
            database,
            connection ->
                PlannedObjects.plan(connection, List.of(day.key()), false, until(day.bytes())))
        .isEmpty();
  }

  private Instant until(long bytes) {
    return clock.instant().plus(GRACE).plusSeconds(bytes / LEAST_RATE);
  }

  /**
   * Gives objects that are stored some more time to be recorded.
   *
   * @return false when some are deleted by now, or about to be
   */
  public boolean renew(List<EventDay> days) {
    int renewed =
        Transaction.run(
            database,
            connection -> {
              try (var statement =
                  connection.prepareStatement(
                      """
                      update doomed_object as doomed set not_before = at(?)
                      from unnest(?::uuid[], ?::text[]) as stored (project_id, object)
                      where doomed.project_id = stored.project_id
                        and doomed.object = stored.object
                        and not cold and reason = 'planned' and not deleting
                      """)) {
                statement.setLong(1, until(0).toEpochMilli());
                new Columns<>(statement, days, 2).uuids(EventDay::project).text(EventDay::object);
                return statement.executeUpdate();
              }
            });
    return renewed == days.size();
  }

  /**
   * Puts objects in charge, in the caller's transaction, in the place of others.
   *
   * @param replaced those that are in charge now
   * @return false when some of either are not what they were: nothing may be committed
   */
  public static boolean record(Connection connection, List<EventDay> days, List<EventDay> replaced)
      throws SQLException {
    if (EventDays.remove(connection, replaced).size() < replaced.size()) {
      return false;
    }
    if (PlannedObjects.spend(connection, keysOf(days), false).size() < days.size()) {
      return false;
    }
    EventDays.add(connection, days);
    return true;
  }

  /** Has objects deleted that were stored, and are not wanted any more. */
  public void abandon(Collection<EventDay> days) {
    if (!days.isEmpty()) {
      Transaction.run(
          database,
          connection -> {
            PlannedObjects.abandon(connection, keysOf(days), false, clock.instant());
            return days.size();
          });
    }
  }
}
