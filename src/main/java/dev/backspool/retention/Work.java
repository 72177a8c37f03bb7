package dev.backspool.retention;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.HandleFunction;
import dev.backspool.postgres.Lease;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the steps of a run work with. Each of their transactions counts what it removes in the
 * project's report, and changes nothing once another node has the lease. One thread.
 */
final class Work {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String DEADLOCK = "40P01";
  private static final int TRIES = 3;

  private final Database database;
  private final Lease lease;
  private final Instant startedAt;
  private final Totals totals;
  private final BooleanSupplier stopping;
  private final Consumer<String> witness;

  /**
   * Begins a run.
   *
   * @param witness is told of each moment at which a crash could leave something half done, and may
   *     throw
   */
  Work(
      Database database,
      Lease lease,
      Instant startedAt,
      Totals totals,
      BooleanSupplier stopping,
      Consumer<String> witness) {
    this.database = database;
    this.lease = lease;
    this.startedAt = startedAt;
    this.totals = totals;
    this.stopping = stopping;
    this.witness = witness;
  }

  /** The server ends. The next run goes on where this one stopped. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Stopped() {
      super("The server was stopped during the run", null, false, false);
    }
  }

  /**
   * How far a run is, as the lease carries it.
   *
   * @param project whose things it removes; null for all
   */
  record Progress(@Nullable UUID project, Instant startedAt, String step, long done, long total) {}

  /**
   * Removes rows of a project, in one transaction, by the terms that hold in it. It is made again
   * when the database ends it because it and another one, such as an erasure, wait for each other.
   */
  Removed remove(ProjectRun run, HandleFunction<Removed> work) {
    Removed removed = removeAgain(run, work);
    totals.add(removed);
    witness("after a commit");
    return removed;
  }

  private Removed removeAgain(ProjectRun run, HandleFunction<Removed> work) {
    for (int tries = 1; ; tries++) {
      try {
        return database.write(handle -> {
          lease.fence(handle);
          run.comply(handle);
          Removed some = work.in(handle);
          Runs.add(handle, run.id(), some);
          witness("before a commit");
          return some;
        });
      } catch (RuntimeException failure) {
        if (tries == TRIES || !States.is(failure, DEADLOCK)) {
          throw failure;
        }
      }
    }
  }

  /** Changes tables, in one transaction of their owner; removes what it returns, by project. */
  void change(Map<UUID, ProjectRun> runs, HandleFunction<Map<UUID, Removed>> work) {
    Map<UUID, Removed> removed =
        database.own(handle -> {
          lease.fence(handle);
          Map<UUID, Removed> some = work.in(handle);
          some.forEach((project, each) -> {
            ProjectRun run = runs.get(project);
            if (run != null) {
              Runs.add(handle, run.id(), each);
            }
          });
          witness("before a commit");
          return some;
        });
    removed.values().forEach(totals::add);
    witness("after a commit");
  }

  /** Writes what belongs to no project, in one transaction. */
  <T> T write(HandleFunction<T> work) {
    return database.write(handle -> {
      lease.fence(handle);
      return work.in(handle);
    });
  }

  <T extends @Nullable Object> T read(HandleFunction<T> work) {
    return database.write(work);
  }

  /** As {@link #read}, without a limit on its time. */
  <T extends @Nullable Object> T readLong(HandleFunction<T> work) {
    return database.own(work);
  }

  void fence(Handle handle) {
    lease.fence(handle);
  }

  /**
   * Tells how far a step is and keeps the lease; called between any two things that take time.
   *
   * @throws Stopped when the server ends
   * @throws Lease.Lost when another node does this by now
   */
  void progress(@Nullable UUID project, String step, long done, long total) {
    if (stopping.getAsBoolean()) {
      throw new Stopped();
    }
    lease.renew(
        JSON.writeValueAsString(
            new Progress(project, startedAt, step, done, Math.max(done, total))));
  }

  void witness(String moment) {
    witness.accept(moment);
  }
}
