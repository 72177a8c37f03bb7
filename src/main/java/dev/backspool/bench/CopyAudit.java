package dev.backspool.bench;

import dev.backspool.postgres.Database;
import dev.backspool.sync.Comparison;
import dev.backspool.sync.Difference;
import dev.backspool.sync.Mappings;
import dev.backspool.sync.Settings;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkRow;
import dev.backspool.sync.Sync;
import dev.backspool.sync.SyncStatus;
import dev.backspool.sync.duckdb.DuckDb;
import dev.backspool.sync.postgres.PostgresSink;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Looks whether the sinks hold what PostgreSQL does, once they have had the time. */
final class CopyAudit {
  /** Longer than the lease of a node that was killed. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private CopyAudit() {}

  /** Has all projects copied to a customer's database. */
  static void addSink(Database database, String url) {
    try (Sync sync = sync(database)) {
      sync.sinks().add(null, "postgres", "Customer", url + "?sslmode=disable", true);
    }
  }

  private static Sync sync(Database database) {
    return new Sync(
        database, Mappings.ALL, Map.of("postgres", PostgresSink.opener(true)), Settings.standard());
  }

  /**
   * Waits until nothing is behind, and compares.
   *
   * @param data the server's data directory; the server is stopped
   * @return what differs
   * @throws IOException when a sink does not catch up, or cannot be asked
   */
  static List<String> of(Database database, Path data, UUID project)
      throws IOException, InterruptedException {
    try (DuckDb file = DuckDb.open(data.resolve("analytics.duckdb"), data.resolve("tmp"));
        Sync sync = sync(database)) {
      sync.attach(file.id(), "duckdb", "Analytics", file.place(), file.sink());
      settle(sync, project);
      var problems = new ArrayList<String>();
      for (SinkRow sink : sync.sinks().all()) {
        for (Comparison comparison : sync.verifier().verify(sink, project, false)) {
          if (comparison.unknown() != null) {
            problems.add("%s: %s".formatted(sink.name(), comparison.unknown()));
          }
          if (comparison.mapping().equals("events") && comparison.held() == 0) {
            problems.add("%s: no events to compare".formatted(sink.name()));
          }
          for (Difference difference : comparison.differences()) {
            problems.add("%s: %s".formatted(sink.name(), difference));
          }
        }
      }
      return problems;
    } catch (SinkException failure) {
      throw new IOException(failure);
    }
  }

  private static void settle(Sync sync, UUID project) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      List<SyncStatus.OfMapping> left =
          sync.statuses().of(project).sinks().stream()
              .flatMap(sink -> sink.mappings().stream())
              .filter(each -> each.state() != SyncStatus.State.LIVE || each.behind() > 0)
              .toList();
      if (left.isEmpty()) {
        return;
      }
      if (System.nanoTime() > end) {
        throw new IOException("the sinks do not catch up: " + left);
      }
      Thread.sleep(100);
    }
  }
}
