package dev.backspool.bench;

import dev.backspool.ingest.PartitionDays;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.EmbeddedPostgres;
import dev.backspool.project.Projects;
import dev.backspool.sync.Mappings;
import dev.backspool.sync.Settings;
import dev.backspool.sync.Sync;
import dev.backspool.sync.SyncStatus;
import dev.backspool.sync.postgres.PostgresSink;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backspool bench sync}. */
@Command(
    name = "sync",
    mixinStandardHelpOptions = true,
    description = {
      "How soon what is written is in the sinks, and what that costs writers.",
      "",
      "Writers and the sync are in this process, on the PostgreSQL that Backspool brings.",
      "",
      "  cost     how fast writers are with the triggers that note what they write, and without",
      "  entities people and sessions change at a pace, 50 in a transaction",
      "  events   events are stored at a pace, 1,000 in a transaction",
      "  rebuild  a new columnar store is filled with events; the limit is how fast PostgreSQL",
      "           gives their rows to somebody who throws them away",
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchSync implements Callable<Integer> {
  private static final int WRITERS = 4;

  @Option(
      names = "--only",
      split = ",",
      defaultValue = "cost,entities,events,rebuild",
      description = "What to measure (${DEFAULT-VALUE}).")
  private List<String> only;

  @Option(
      names = "--sinks",
      split = ",",
      defaultValue = "duckdb,postgres",
      description = "Where to (${DEFAULT-VALUE}).")
  private List<String> sinks;

  @Option(
      names = "--changes",
      defaultValue = "5000",
      description = "Rows of people and sessions changed in a second (${DEFAULT-VALUE}).")
  private int changes;

  @Option(
      names = "--events",
      defaultValue = "50000",
      description = "Events stored in a second (${DEFAULT-VALUE}).")
  private int events;

  @Option(
      names = "--seconds",
      defaultValue = "20",
      description = "Measured time of each figure (${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--rebuild",
      defaultValue = "2000000",
      description = "Events that a new store is filled with (${DEFAULT-VALUE}).")
  private long rebuild;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Workplace place = Workplace.make();
        EmbeddedPostgres postgres = EmbeddedPostgres.start(place.data());
        Database database =
            Database.open(postgres.jdbcUrl(), postgres.user(), postgres.password());
        PartitionDays _ = new PartitionDays(database)) {
      UUID project = new Projects(database).create("Bench", "web").project().id();
      var load = new SyncLoad(database, project);
      load.fill();
      if (only.contains("cost")) {
        cost(database, load);
      }
      if (only.contains("entities") || only.contains("events")) {
        System.out.printf(
            "%-9s %-9s %10s %10s %8s %8s %8s   %s%n",
            "", "sink", "asked/s", "written/s", "p50 ms", "p99 ms", "most ms", "commit to visible");
      }
      for (String sink : sinks) {
        try (Sync sync = sync(database);
            SyncShelf shelf = shelf(sink, sync, place, postgres)) {
          settle(sync, project, shelf);
          if (only.contains("entities")) {
            pace(
                "entities",
                database,
                shelf,
                changes,
                SyncLoad.CHANGES,
                load::change,
                shelf::profiles);
            settle(sync, project, shelf);
          }
          if (only.contains("events")) {
            pace("events", database, shelf, events, SyncLoad.EVENTS, load::store, shelf::events);
          }
        }
      }
      if (only.contains("rebuild")) {
        rebuild(database, load, project, place, postgres);
      }
    }
    return 0;
  }

  private static Sync sync(Database database) {
    return new Sync(
        database, Mappings.ALL, Map.of("postgres", PostgresSink.opener(true)), Settings.standard());
  }

  private static SyncShelf shelf(String name, Sync sync, Workplace place, EmbeddedPostgres postgres)
      throws IOException {
    return switch (name) {
      case "duckdb" ->
          SyncShelf.duckDb(sync, Files.createTempDirectory(place.folder(), "columnar-"));
      case "postgres" -> SyncShelf.postgres(sync, postgres.url(), "copy_" + System.nanoTime());
      default -> throw new IOException("There is no sink " + name);
    };
  }

  /** A transaction; returns a row by which it is found in the sink. */
  @FunctionalInterface
  private interface Work {
    String commit(Connection connection) throws SQLException;
  }

  private void cost(Database database, SyncLoad load) throws IOException, InterruptedException {
    System.out.printf("%-9s %14s %14s   %s%n", "", "without/s", "noted/s", "what writers keep");
    cost("entities", database, load, SyncLoad.CHANGES, load::change);
    cost("events", database, load, SyncLoad.EVENTS, load::store);
  }

  /** By turns, twice: what grows meanwhile slows down both. */
  private void cost(String name, Database database, SyncLoad load, int rows, Work work)
      throws IOException, InterruptedException {
    double[] rate = new double[2];
    for (int round = 0; round < 4; round++) {
      boolean isNoted = round % 2 == 1;
      load.note(isNoted);
      rate[isNoted ? 1 : 0] +=
          Stress.run(
                      2,
                      Duration.ofSeconds(2),
                      Duration.ofSeconds(Math.max(2, seconds / 2)),
                      _ -> writer(database, rows, work))
                  .rowsPerSecond()
              / 2;
    }
    System.out.printf(
        "%-9s %,14.0f %,14.0f   %.0f %%%n", name, rate[0], rate[1], 100 * rate[1] / rate[0]);
  }

  /** As the tables' owner, whom COPY is open to. */
  private static Connection connect(Database database) {
    try {
      Connection connection = database.alone("backspool bench");
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException failure) {
      throw new DatabaseUnavailable(failure);
    }
  }

  private static Stress.Client writer(Database database, int rows, Work work) {
    Connection connection = connect(database);
    return new Stress.Client() {
      @Override
      public int send() throws IOException {
        try {
          work.commit(connection);
          return rows;
        } catch (SQLException failure) {
          throw new IOException(failure);
        }
      }

      @Override
      public void close() throws IOException {
        try {
          connection.close();
        } catch (SQLException failure) {
          throw new IOException(failure);
        }
      }
    };
  }

  private void pace(
      String name,
      Database database,
      SyncShelf shelf,
      int perSecond,
      int rows,
      Work work,
      SyncLag.Sight sight)
      throws IOException, InterruptedException {
    var lag = new SyncLag();
    var written = new LongAdder();
    var failure = new AtomicReference<@Nullable Exception>();
    long start = System.nanoTime();
    long end = start + Duration.ofSeconds(seconds).toNanos();
    long step = Math.round(1e9 * rows * WRITERS / perSecond);
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < WRITERS; i++) {
      long first = start + step * i / WRITERS;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                try (Connection connection = connect(database)) {
                  for (long due = first; due < end && failure.get() == null; due += step) {
                    Thread.sleep(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
                    if (System.nanoTime() >= end) {
                      return;
                    }
                    lag.committed(work.commit(connection));
                    written.add(rows);
                  }
                } catch (SQLException | InterruptedException | RuntimeException failed) {
                  failure.compareAndSet(null, failed);
                }
              }));
    }
    while (threads.stream().anyMatch(Thread::isAlive) || !lag.isEven()) {
      lag.look(sight);
      if (failure.get() != null) {
        throw new IOException("a writer failed: " + failure.get(), failure.get());
      }
    }
    System.out.printf(
        "%-9s %-9s %,10d %,10.0f %8.0f %8.0f %8.0f%n",
        name,
        shelf.name(),
        perSecond,
        written.sum() / (double) seconds,
        lag.percentile(50),
        lag.percentile(99),
        lag.longest());
  }

  private void rebuild(
      Database database, SyncLoad load, UUID project, Workplace place, EmbeddedPostgres postgres)
      throws IOException, InterruptedException {
    try (Connection connection = connect(database)) {
      while (load.stored() < rebuild) {
        load.store(connection);
      }
    } catch (SQLException failure) {
      throw new IOException(failure);
    }
    double limit = load.stored() / (read(database) / 1e9);
    System.out.printf("rebuild   limit: PostgreSQL gives %,.0f events/s%n", limit);
    for (String sink : sinks) {
      long began = System.nanoTime();
      try (Sync sync = sync(database);
          SyncShelf shelf = shelf(sink, sync, place, postgres)) {
        settle(sync, project, shelf);
        double took = (System.nanoTime() - began) / 1e9;
        System.out.printf(
            "rebuild   %-9s %,d events in %.1f s: %,.0f/s, %.2f of the limit%n",
            shelf.name(), load.stored(), took, load.stored() / took, load.stored() / took / limit);
      }
    }
  }

  /** How long it takes to be given all events, in nanoseconds. */
  private static long read(Database database) {
    return database.own(handle -> {
      long began = System.nanoTime();
      try {
        handle
            .getConnection()
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyOut(
                "copy (select * from event) to stdout (format binary)",
                OutputStream.nullOutputStream());
      } catch (SQLException | IOException failure) {
        throw new IllegalStateException(failure);
      }
      return System.nanoTime() - began;
    });
  }

  private static void settle(Sync sync, UUID project, SyncShelf shelf) throws InterruptedException {
    while (true) {
      List<SyncStatus.OfMapping> all =
          sync.statuses().of(project).sinks().stream()
              .filter(each -> each.id().equals(shelf.id()))
              .flatMap(each -> each.mappings().stream())
              .toList();
      if (!all.isEmpty()
          && all.stream()
              .allMatch(each -> each.state() == SyncStatus.State.LIVE && each.behind() == 0)) {
        return;
      }
      Thread.sleep(50);
    }
  }
}
