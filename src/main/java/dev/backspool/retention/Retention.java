package dev.backspool.retention;

import dev.backspool.Project;
import dev.backspool.RetentionDays;
import dev.backspool.eventday.DayArchive;
import dev.backspool.ingest.Periodic;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.Lease;
import dev.backspool.project.Projects;
import dev.backspool.recording.Archives;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what has expired: once a day for all projects, and for one of them whenever somebody
 * asks. One node at a time does it, under a lease; when it dies, another goes on where it stopped.
 */
public final class Retention implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
  private static final String JOB = "retention";
  private static final Duration LOOK_EVERY = Duration.ofMinutes(10);

  /** After a run that left something undone. */
  private static final Duration TRY_AGAIN_AFTER = Duration.ofHours(1);

  /** Much longer than what is done between two renewals, such as copying the largest objects. */
  private static final Duration LEASE = Duration.ofMinutes(10);

  private final Database database;
  private final Projects projects;
  private final Runs runs;
  private final Settings settings;
  private final InstantSource clock;
  private final Totals totals = new Totals();
  private final Semaphore working = new Semaphore(1);
  private final Periodic timer;
  private volatile boolean stopping;
  private volatile Consumer<String> witness = _ -> {};

  /**
   * What an installation says once.
   *
   * @param archives where objects lie
   * @param hasColdTier whether there is a cold tier to move them to
   * @param folder where objects lie while they are moved
   * @param sessionMax the age at which a session is split
   * @param copies who else reads events before they go
   * @param days where days of events lie that have left PostgreSQL
   * @param hotEventDays after how many days they leave; null never
   */
  public record Settings(
      Archives archives,
      boolean hasColdTier,
      Path folder,
      Duration sessionMax,
      EventCopies copies,
      DayArchive days,
      @Nullable Integer hotEventDays) {}

  /**
   * Looks from now on, every few minutes, whether the daily run is due.
   *
   * @param clock tells what has expired
   */
  public Retention(Database database, Projects projects, Settings settings, InstantSource clock) {
    this.database = database;
    this.projects = projects;
    this.settings = settings;
    this.clock = clock;
    runs = new Runs(database);
    ColdTier.removeLeftovers(settings.folder());
    settings.days().removeLeftovers();
    timer = new Periodic("retention", LOOK_EVERY, this::look);
  }

  /** Has a test told of the moments at which a crash could leave something half done. */
  void witness(Consumer<String> witness) {
    settings.days().watch(witness);
    this.witness = witness;
  }

  /** Does the daily run if it is due and nobody does it. */
  void look() {
    Instant now = clock.instant();
    if (stopping || !isDue(now)) {
      return;
    }
    Lease.take(database, JOB, Duration.ZERO, LEASE)
        .ifPresent(lease -> {
          if (isDue(now)) {
            work(lease, begin(lease, now, limited(), true));
          } else {
            lease.giveUp(); // Another node was faster.
          }
        });
  }

  private boolean isDue(Instant now) {
    return !runs.isDoneSince(schedule().before(now))
        && !runs.isTriedSince(now.minus(TRY_AGAIN_AFTER));
  }

  private List<Project> limited() {
    return projects.all().stream().filter(project -> !project.retention().isUnlimited()).toList();
  }

  /**
   * Starts a run for one project, and returns.
   *
   * @return false when one is going on, for this project or another
   */
  public boolean start(Project project) {
    Optional<Lease> lease = Lease.take(database, JOB, Duration.ZERO, LEASE);
    lease.ifPresent(held -> {
      Run run = begin(held, clock.instant(), List.of(project), false);
      Thread.ofVirtual().name("retention").start(() -> work(held, run));
    });
    return lease.isPresent();
  }

  /**
   * A run that has begun.
   *
   * @param whole the report of the day's run; null when somebody asked for this one
   */
  private record Run(Instant at, List<ProjectRun> projects, @Nullable UUID whole) {}

  private Run begin(Lease lease, Instant now, List<Project> some, boolean isDaily) {
    try {
      UUID whole = isDaily ? runs.begin(null, now) : null;
      return new Run(
          now,
          some.stream()
              .map(project ->
                  new ProjectRun(
                      runs.begin(project.id(), now),
                      project.retention(),
                      days -> terms(project.id(), days, now)))
              .toList(),
          whole);
    } catch (RuntimeException failure) {
      lease.giveUp();
      throw failure;
    }
  }

  private Terms terms(UUID project, RetentionDays days, Instant now) {
    return Terms.of(project, days, now, settings.copies().readUpTo(), settings.hasColdTier());
  }

  private Schedule schedule() {
    return Schedule.of(
        database.write(handle ->
            handle
                .createQuery("select created_at from instance")
                .mapTo(OffsetDateTime.class)
                .one()
                .toInstant()));
  }

  private void work(Lease lease, Run run) {
    working.acquireUninterruptibly();
    try {
      @Nullable String left =
          work(new Work(database, lease, run.at(), totals, () -> stopping, witness), run);
      run.projects().forEach(each -> runs.finish(each.id(), clock.instant(), each.error()));
      if (run.whole() != null) {
        runs.finish(run.whole(), clock.instant(), left);
      }
      lease.finish();
    } catch (Lease.Lost lost) {
      LOG.warn("A retention run ends: {}", lost.getMessage());
    } catch (RuntimeException failure) {
      LOG.warn("A retention run ends early", failure);
      giveUp(lease, run, Runs.reason(failure));
    } finally {
      working.release();
    }
  }

  /** The steps. Sessions go first, so that none is seen without a part of its events. */
  private @Nullable String work(Work work, Run run) {
    for (ProjectRun each : run.projects()) {
      ExpiredSessions.remove(work, each, ExpiredSessions.Because.RECORDING);
      ExpiredSessions.remove(work, each, ExpiredSessions.Because.EVENTS);
    }
    for (ProjectRun each : run.projects()) {
      ExpiredDays.remove(work, each, settings.days());
    }
    var busy = new ArrayList<>(ExpiredEvents.remove(work, run.projects()));
    @Nullable String kept = run.whole() == null ? null : moveAged(work, run);
    for (ProjectRun each : run.projects()) {
      new ColdTier(work, each, settings.archives(), settings.folder(), clock).move();
    }
    if (run.whole() != null) {
      ShortLived.remove(work, run.at(), settings.sessionMax());
    }
    busy.addAll(PastChunkDays.drop(work, run.at()));
    if (!busy.isEmpty()) {
      return "In use all the time, dropped later: " + String.join(", ", busy);
    }
    if (kept != null) {
      return kept;
    }
    return run.projects().stream()
        .map(ProjectRun::error)
        .filter(error -> error != null)
        .findFirst()
        .orElse(null);
  }

  private @Nullable String moveAged(Work work, Run run) {
    Integer days = settings.hotEventDays();
    return days == null
        ? null
        : new AgedEvents(work, run.projects(), settings.days(), settings.copies())
            .move(run.at().truncatedTo(ChronoUnit.DAYS).minus(days, ChronoUnit.DAYS));
  }

  private void giveUp(Lease lease, Run run, String error) {
    try {
      run.projects().forEach(each -> runs.finish(each.id(), clock.instant(), error));
      if (run.whole() != null) {
        runs.finish(run.whole(), clock.instant(), error);
      }
      lease.giveUp();
    } catch (RuntimeException away) {
      // The lease runs out, and the next run ends the reports.
      LOG.warn("A retention run could not be ended: {}", away.getMessage());
    }
  }

  /** How it stands with a project's retention; a daily run that is overdue is due now. */
  public RetentionStatus status(Project project) {
    Instant next = next(clock.instant());
    RetentionStatus.@Nullable Running running = running(project.id());
    return database.read(
        project.id(),
        handle ->
            new RetentionStatus(
                next,
                running,
                new RetentionPreview(handle, terms(project.id(), project.retention(), next))
                    .count(),
                Runs.of(handle, project.id())));
  }

  /** What the next daily run would remove of a project if it kept things for so many days. */
  public Removed next(UUID project, RetentionDays days) {
    Terms terms = terms(project, days, next(clock.instant()));
    return database.read(project, handle -> new RetentionPreview(handle, terms).count());
  }

  private Instant next(Instant now) {
    Schedule schedule = schedule();
    return runs.isDoneSince(schedule.before(now)) ? schedule.after(now) : now;
  }

  private RetentionStatus.@Nullable Running running(UUID project) {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select
                  progress ->> 'project' as project,
                  coalesce(cast(progress ->> 'startedAt' as timestamptz), started_at) as started_at,
                  coalesce(progress ->> 'step', 'recordings') as step,
                  coalesce(cast(progress ->> 'done' as bigint), 0) as done,
                  coalesce(cast(progress ->> 'total' as bigint), 0) as total
                from job
                where name = :job and holder is not null and leased_until > now()
                """)
            .bind("job", JOB)
            .map((row, _) -> {
              String at = row.getString("project");
              boolean ours = at == null || at.equals(project.toString());
              return new RetentionStatus.Running(
                  row.getObject("started_at", OffsetDateTime.class).toInstant(),
                  ours ? row.getString("step") : "other_projects",
                  ours ? row.getLong("done") : 0,
                  ours ? row.getLong("total") : 0);
            })
            .findOne()
            .orElse(null));
  }

  /** What this process has removed since its start. */
  public Removed removed() {
    return totals.sum();
  }

  /** Whether this process does a run now. */
  public boolean isWorking() {
    return working.availablePermits() == 0;
  }

  /** How long ago a daily run was last done to its end, by any node; empty before the first. */
  public Optional<Duration> sinceLastRun() {
    return runs.lastDone().map(at -> Duration.between(at, clock.instant()));
  }

  /** Ends it. A run stops after what it is at; the next one goes on from there. */
  @Override
  public void close() {
    stopping = true;
    working.acquireUninterruptibly();
    working.release();
    timer.close();
  }
}
