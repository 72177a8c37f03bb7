package dev.backspool.postgres;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The right to do a job that one node at a time does now and then for all. It runs out by itself
 * when its holder dies, so its holder renews it while it works; by the database's clock. One thread
 * at a time.
 */
public final class Lease {
  private final Database database;
  private final String job;
  private final UUID holder;
  private final Duration length;

  private Lease(Database database, String job, UUID holder, Duration length) {
    this.database = database;
    this.job = job;
    this.holder = holder;
    this.length = length;
  }

  /** Somebody else does the job by now: stop, and change nothing any more. */
  public static final class Lost extends RuntimeException {
    private static final long serialVersionUID = 1;

    Lost(String job) {
      super("the lease of " + job + " ran out and was taken by another node");
    }
  }

  /**
   * Takes the lease, if nobody holds it and it is time.
   *
   * @param job names the job
   * @param every how long after its last end it is due again; zero always
   * @param length after which the lease runs out unless it is renewed
   */
  public static Optional<Lease> take(
      Database database, String job, Duration every, Duration length) {
    UUID holder = UUID.randomUUID();
    int taken =
        database.write(handle ->
            isHeld(handle, job)
                ? 0
                : handle
                    .createUpdate(
                        """
                        insert into job (name, holder, leased_until, started_at)
                        values (:job, :holder, now() + cast(:length as interval), now())
                        on conflict (name) do update set
                          holder = excluded.holder,
                          leased_until = excluded.leased_until,
                          started_at = excluded.started_at,
                          progress = null
                        where (job.leased_until is null or job.leased_until < now())
                          and (job.finished_at is null
                            or job.finished_at <= now() - cast(:every as interval))
                        """)
                    .bind("job", job)
                    .bind("holder", holder)
                    .bind("length", length.toString())
                    .bind("every", every.toString())
                    .execute());
    return taken == 0 ? Optional.empty() : Optional.of(new Lease(database, job, holder, length));
  }

  /** Asked first, and without a lock: a fence lets nobody else at the row for a while. */
  private static boolean isHeld(Handle handle, String job) {
    return handle
        .createQuery("select 1 from job where name = :job and leased_until >= now()")
        .bind("job", job)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /**
   * Renews the lease.
   *
   * @param progress JSON that tells how far the job is; null tells nothing new
   * @throws Lost when it ran out and another node has it
   */
  public void renew(@Nullable String progress) {
    int renewed =
        database.write(handle ->
            handle
                .createUpdate(
                    """
                    update job set
                      leased_until = now() + cast(:length as interval),
                      progress = coalesce(cast(:progress as jsonb), progress)
                    where name = :job and holder = :holder
                    """)
                .bind("length", length.toString())
                .bind("progress", progress)
                .bind("job", job)
                .bind("holder", holder)
                .execute());
    if (renewed == 0) {
      throw new Lost(job);
    }
  }

  /**
   * Sees to it, in the caller's transaction, that nobody else has the lease, and keeps it so until
   * the transaction's end.
   *
   * @throws Lost when it ran out and another node has it
   */
  public void fence(Handle handle) {
    boolean held =
        handle
            .createQuery("select 1 from job where name = :job and holder = :holder for share")
            .bind("job", job)
            .bind("holder", holder)
            .mapTo(Integer.class)
            .findOne()
            .isPresent();
    if (!held) {
      throw new Lost(job);
    }
  }

  /** Gives the lease back; the job is done, and due again after its time. */
  public void finish() {
    release("finished_at = now()");
  }

  /** Gives the lease back undone: anybody may take it at once. */
  public void giveUp() {
    release("finished_at = finished_at");
  }

  private void release(String change) {
    database.write(handle ->
        handle
            .createUpdate(
                "update job set holder = null, leased_until = null, "
                    + change
                    + " where name = :job and holder = :holder")
            .bind("job", job)
            .bind("holder", holder)
            .execute());
  }
}
