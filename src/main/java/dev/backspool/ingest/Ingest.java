package dev.backspool.ingest;

import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.project.Origins;
import dev.backspool.project.Projects;
import dev.backspool.session.OpenSessions;
import dev.backspool.session.SessionLimits;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door for uploads. The order of its rules: the key names a project, the page's origin is
 * allowed (or, for a {@link WriteKey.Client}, the secret is right), the key's rate holds, the day's
 * quota is not used up, the commit queue has room; then the rows are committed and the answer is
 * given.
 */
public final class Ingest implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ingest.class);
  private static final Duration SOON = Duration.ofSeconds(2);

  /**
   * What holds for all projects.
   *
   * @param requestsPerMinute uploads a minute of a project that has no rate of its own
   * @param commit how much is joined and how much may wait
   */
  public record Limits(int requestsPerMinute, CommitBounds commit) {}

  /**
   * How much the group commit joins and lets wait.
   *
   * @param groupRows most uploads in one transaction
   * @param groupBytes most payload in one transaction
   * @param waitingRows most uploads that may wait
   * @param waitingBytes most payload that may wait
   * @param writers threads that commit
   */
  public record CommitBounds(
      int groupRows, long groupBytes, int waitingRows, long waitingBytes, int writers) {
    /** What the server runs with; docs/performance.md says what was measured. */
    public static final CommitBounds STANDARD =
        new CommitBounds(512, 16L << 20, 20_000, 64L << 20, 2);

    /** The same with another limit of what may wait. */
    public CommitBounds withWaitingBytes(long bytes) {
      return new CommitBounds(groupRows, groupBytes, waitingRows, bytes, writers);
    }
  }

  private final Projects projects;
  private final Limits limits;
  private final Refusals refusals;
  private final Usage usage;
  private final RateLimiter<UUID> rates = new RateLimiter<>();
  private final GroupCommit<StoreChunk, Outcome> chunks;

  public Ingest(Database database, Projects projects, SessionLimits sessions, Limits limits) {
    this.projects = projects;
    this.limits = limits;
    this.refusals = new Refusals(database);
    this.usage = new Usage(database);
    CommitBounds commit = limits.commit();
    this.chunks =
        new GroupCommit<>(
            "chunk-commit",
            new GroupCommit.Bounds(
                commit.groupRows(),
                commit.groupBytes(),
                commit.waitingRows(),
                commit.waitingBytes(),
                commit.writers()),
            chunk -> chunk.events().payload().length + 1024L,
            new ChunkWriter(database, new OpenSessions(sessions)));
  }

  /**
   * Decides whether an upload may come in, before its body is worth reading.
   *
   * @param origin the {@code Origin} header; null where the sender is no page
   */
  public Admission admit(WriteKey key, Source protocol, @Nullable String origin) {
    Optional<Project> known =
        switch (key) {
          case WriteKey.SdkKey sdk -> projects.bySdkKey(sdk.key());
          case WriteKey.PublishableKey pck ->
              projects.byId(pck.project()).filter(p -> p.publishableKey().equals(pck.key()));
          case WriteKey.Token token ->
              projects.byId(token.project()).filter(p -> p.jwksUrl() != null);
          case WriteKey.Client client -> projects.byClientId(client.clientId());
        };
    if (known.isEmpty()) {
      return refused(
          null, protocol, Outcome.Refused.forGood(Reason.WRONG_KEY, "No project has this key"));
    }
    Project project = known.get();
    boolean secretVerified =
        key instanceof WriteKey.Client client && hasSecret(project, client.secret());
    if (key instanceof WriteKey.Client && !secretVerified && origin == null) {
      return refused(
          project,
          protocol,
          Outcome.Refused.forGood(
              Reason.WRONG_KEY, "Without an Origin the client's secret is needed"));
    }
    if (origin != null && !secretVerified && !allows(project, key, origin)) {
      return refused(
          project,
          protocol,
          Outcome.Refused.forGood(
              Reason.ORIGIN_NOT_ALLOWED, "Pages of " + origin + " may not upload to this project"));
    }
    Integer ownRate = project.requestsPerMinute();
    int rate = ownRate == null ? limits.requestsPerMinute() : ownRate;
    Optional<Duration> wait = rates.take(project.id(), rate);
    if (wait.isPresent()) {
      return refused(
          project,
          protocol,
          Outcome.Refused.forNow(
              Reason.RATE_LIMITED, "More than " + rate + " uploads a minute", wait.get()));
    }
    Long quota = project.dailyQuotaBytes();
    if (quota != null && usage.today(project.id()) >= quota) {
      return refused(
          project,
          protocol,
          Outcome.Refused.forNow(
              Reason.QUOTA_REACHED,
              "The project has stored its " + quota + " bytes for today",
              Usage.untilTomorrow()));
    }
    return new Admission.Admitted(project, secretVerified);
  }

  private boolean hasSecret(Project project, @Nullable String secret) {
    return secret != null && projects.hasSecret(project.id(), secret);
  }

  private static boolean allows(Project project, WriteKey key, String origin) {
    return key instanceof WriteKey.Client
        ? Origins.allowsSite(project.allowedOrigins(), origin)
        : Origins.allows(project.allowedOrigins(), origin);
  }

  private Admission refused(@Nullable Project project, Source protocol, Outcome.Refused why) {
    refusals.count(project == null ? null : project.id(), protocol, why.reason(), why.detail());
    return new Admission.Refused(why);
  }

  /** Commits a chunk. Returns when it is durable, or refused with nothing stored. */
  public Outcome store(StoreChunk chunk) {
    try {
      Outcome outcome = chunks.submit(chunk);
      switch (outcome) {
        case Outcome.Stored stored -> {
          if (!stored.deduped()) {
            usage.add(chunk.project(), chunk.events().rawBytes());
          }
        }
        case Outcome.Refused refused ->
            refusals.count(chunk.project(), chunk.source(), refused.reason(), refused.detail());
      }
      return outcome;
    } catch (GroupCommit.Full e) {
      return refused(chunk, Reason.OVERLOADED, "Too much is waiting to be stored");
    } catch (DatabaseUnavailable e) {
      LOG.warn("A chunk was not stored: {}", e.getMessage());
      return refused(chunk, Reason.UNAVAILABLE, "The database cannot be reached");
    } catch (Transaction.Unstorable e) {
      // Not which one: an upload's name may hold a person's.
      LOG.error("A batch of project {} cannot be stored", chunk.project(), e);
      return refused(chunk, Reason.UNSTORABLE, "The database refuses this batch");
    }
  }

  private Outcome refused(StoreChunk chunk, Reason reason, String detail) {
    refusals.count(chunk.project(), chunk.source(), reason, detail);
    return reason.passing()
        ? Outcome.Refused.forNow(reason, detail, SOON)
        : Outcome.Refused.forGood(reason, detail);
  }

  /** Counts what an adapter turned away before it became a command. */
  public void count(@Nullable UUID project, Source protocol, Reason reason, String detail) {
    refusals.count(project, protocol, reason, detail);
  }

  /** What was turned away, and why. */
  public Refusals refusals() {
    return refusals;
  }

  /** How many uploads wait to be committed. */
  public int waiting() {
    return chunks.waiting();
  }

  /** Commits what waits, then ends. Nothing new is taken. */
  @Override
  public void close() {
    chunks.close();
    refusals.close();
  }
}
