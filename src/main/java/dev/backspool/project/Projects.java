package dev.backspool.project;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.backspool.Ids;
import dev.backspool.Project;
import dev.backspool.RetentionDays;
import dev.backspool.postgres.Database;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The projects. Lookups on the ingest path go through a cache of a few seconds; a change made on
 * this node takes effect at once, one made on another when its entry expires.
 */
public final class Projects {
  private static final Duration FRESH = Duration.ofSeconds(10);

  private final Database database;
  private final LoadingCache<Lookup, Optional<Project>> cache =
      Caffeine.newBuilder()
          .expireAfterWrite(FRESH)
          .maximumSize(50_000)
          .build(lookup -> find(lookup));

  /** Hashes of secrets that were asked for, with what came out: a wrong one is kept as well. */
  private final LoadingCache<SecretLookup, Boolean> secrets =
      Caffeine.newBuilder()
          .expireAfterWrite(FRESH)
          .maximumSize(10_000)
          .build(lookup -> isSecret(lookup));

  public Projects(Database database) {
    this.database = database;
  }

  /**
   * A project just made, or one with a new secret, which is shown this once: only its hash is kept.
   */
  public record WithSecret(Project project, String clientSecret) {}

  /**
   * New values for a project; null keeps the old one.
   *
   * @param jwksUrl an empty string takes the URL away
   * @param dailyQuotaBytes 0 takes the quota away
   * @param requestsPerMinute 0 takes the project's own rate away
   * @param excludedIps all of them; an empty list takes them away
   * @param excludedProfiles as above
   * @param retention of each of its days, 0 takes the limit away, and null keeps the old one
   */
  public record Change(
      @Nullable String name,
      @Nullable List<String> allowedOrigins,
      @Nullable String jwksUrl,
      @Nullable Long dailyQuotaBytes,
      @Nullable Integer requestsPerMinute,
      @Nullable Boolean allowUnsafeRevenue,
      @Nullable List<String> excludedIps,
      @Nullable List<String> excludedProfiles,
      RetentionDays retention) {
    /** Keeps every limit of retention as it is. */
    private static final RetentionDays SAME_RETENTION = new RetentionDays(null, null, null, null);

    /** A change of what is let in; everything is kept as long as before. */
    public Change(
        @Nullable String name,
        @Nullable List<String> allowedOrigins,
        @Nullable String jwksUrl,
        @Nullable Long dailyQuotaBytes,
        @Nullable Integer requestsPerMinute,
        @Nullable Boolean allowUnsafeRevenue,
        @Nullable List<String> excludedIps,
        @Nullable List<String> excludedProfiles) {
      this(
          name,
          allowedOrigins,
          jwksUrl,
          dailyQuotaBytes,
          requestsPerMinute,
          allowUnsafeRevenue,
          excludedIps,
          excludedProfiles,
          SAME_RETENTION);
    }

    /** A change of what holds for every contract. */
    public Change(
        @Nullable String name,
        @Nullable List<String> allowedOrigins,
        @Nullable String jwksUrl,
        @Nullable Long dailyQuotaBytes,
        @Nullable Integer requestsPerMinute) {
      this(name, allowedOrigins, jwksUrl, dailyQuotaBytes, requestsPerMinute, null, null, null);
    }
  }

  private enum By {
    ID("select * from project where id = cast(:value as uuid)"),
    SDK_KEY("select * from project where sdk_key = :value"),
    CLIENT_ID("select * from project where client_id = cast(:value as uuid)");

    private final String query;

    By(String query) {
      this.query = query;
    }
  }

  private record Lookup(By by, String value) {}

  /** A project and the hash of what may be its secret. */
  private record SecretLookup(UUID id, ByteBuffer hash) {}

  /** The keys of a new project, in plain. */
  public record FreshKeys(
      String sdkKey, String publishableKey, UUID clientId, String clientSecret) {
    /** Keys that nobody had before. */
    public static FreshKeys make() {
      return new FreshKeys(Ids.key("bsk_"), Ids.key("pck_"), UUID.randomUUID(), Ids.key("bss_"));
    }

    /** What is kept of the secret. */
    public byte[] secretHash() {
      return hash(clientSecret);
    }

    /** Without the keys, so that they stay out of logs. */
    @Override
    public String toString() {
      return "FreshKeys[…]";
    }
  }

  /** Makes a project with all its keys. */
  public WithSecret create(String name, String platform) {
    var keys = FreshKeys.make();
    UUID id = Ids.uuid();
    database.write(handle ->
        handle
            .createUpdate(
                """
                insert into project
                  (id, name, platform, sdk_key, publishable_key, client_id, client_secret_hash)
                values
                  (:id, :name, :platform, :sdk_key, :publishable_key, :client_id, :hash)
                """)
            .bind("id", id)
            .bind("name", name)
            .bind("platform", platform)
            .bind("sdk_key", keys.sdkKey())
            .bind("publishable_key", keys.publishableKey())
            .bind("client_id", keys.clientId())
            .bind("hash", keys.secretHash())
            .execute());
    return new WithSecret(byId(id).orElseThrow(), keys.clientSecret());
  }

  /**
   * Makes a project that was made elsewhere, all of it as given.
   *
   * @param secretHash SHA-256 of its client secret
   * @return false when there is one with its id or one of its keys
   */
  public boolean add(Project project, byte[] secretHash) {
    int added =
        database.write(handle ->
            handle
                .createUpdate(
                    """
                    insert into project (
                      id, name, platform, sdk_key, publishable_key, client_id, client_secret_hash,
                      allowed_origins, jwks_url, daily_quota_bytes, requests_per_minute,
                      allow_unsafe_revenue, excluded_ips, excluded_profiles, recording_days,
                      event_days, kept_days, cold_after_days, created_at)
                    values (
                      :id, :name, :platform, :sdk_key, :publishable_key, :client_id, :hash,
                      :origins, :jwks_url, :quota, :rate, :unsafe_revenue, :excluded_ips,
                      :excluded_profiles, :recording_days, :event_days, :kept_days,
                      :cold_after_days, :created_at)
                    on conflict do nothing
                    """)
                .bind("id", project.id())
                .bind("name", project.name())
                .bind("platform", project.platform())
                .bind("sdk_key", project.sdkKey())
                .bind("publishable_key", project.publishableKey())
                .bind("client_id", project.clientId())
                .bind("hash", secretHash)
                .bindBySqlType("origins", array(project.allowedOrigins()), Types.ARRAY)
                .bind("jwks_url", project.jwksUrl())
                .bind("quota", project.dailyQuotaBytes())
                .bind("rate", project.requestsPerMinute())
                .bind("unsafe_revenue", project.allowUnsafeRevenue())
                .bindBySqlType("excluded_ips", array(project.excludedIps()), Types.ARRAY)
                .bindBySqlType("excluded_profiles", array(project.excludedProfiles()), Types.ARRAY)
                .bind("recording_days", project.retention().recordings())
                .bind("event_days", project.retention().events())
                .bind("kept_days", project.retention().kept())
                .bind("cold_after_days", project.retention().coldAfter())
                .bind("created_at", project.createdAt())
                .execute());
    forget();
    return added > 0;
  }

  /** All projects, oldest first. */
  public List<Project> all() {
    return database.write(handle ->
        handle
            .createQuery("select * from project order by created_at, id")
            .map((row, _) -> project(row))
            .list());
  }

  /** What each project has recorded; projects without a session are not in it. */
  public Map<UUID, Recorded> recorded() {
    return database.write(handle -> recorded(handle, "true", Map.of()));
  }

  /** What one project has recorded. */
  public Recorded recorded(UUID id) {
    return database.write(handle ->
        recorded(handle, "project_id = :id", Map.of("id", id)).getOrDefault(id, Recorded.NOTHING));
  }

  private static Map<UUID, Recorded> recorded(
      Handle handle, String condition, Map<String, UUID> values) {
    var recorded = new HashMap<UUID, Recorded>();
    handle
        .createQuery(
            """
            select
              project_id, source, count(*) as sessions, min(first_received_at) as first,
              max(last_received_at) as last
            from session
            where %s
            group by project_id, source
            """
                .formatted(condition))
        .bindMap(values)
        .map((row, _) ->
            recorded.merge(
                row.getObject("project_id", UUID.class),
                Recorded.by(
                    row.getString("source"),
                    row.getLong("sessions"),
                    instant(row, "first"),
                    instant(row, "last")),
                Recorded::plus))
        .list();
    return recorded;
  }

  public Optional<Project> byId(UUID id) {
    return cached(new Lookup(By.ID, id.toString()));
  }

  public Optional<Project> bySdkKey(String key) {
    return cached(new Lookup(By.SDK_KEY, key));
  }

  public Optional<Project> byClientId(UUID clientId) {
    return cached(new Lookup(By.CLIENT_ID, clientId.toString()));
  }

  private Optional<Project> cached(Lookup lookup) {
    return cache.get(lookup);
  }

  /**
   * Changes what the change names.
   *
   * @return the project as it is now, empty when there is none
   */
  public Optional<Project> change(UUID id, Change change) {
    update(
        id,
        """
        update project set
          name = coalesce(:name, name),
          allowed_origins = coalesce(:origins, allowed_origins),
          jwks_url = nullif(coalesce(:jwks_url, jwks_url), ''),
          daily_quota_bytes = nullif(coalesce(:quota, daily_quota_bytes), 0),
          requests_per_minute = nullif(coalesce(:rate, requests_per_minute), 0),
          allow_unsafe_revenue = coalesce(:unsafe_revenue, allow_unsafe_revenue),
          excluded_ips = coalesce(:excluded_ips, excluded_ips),
          excluded_profiles = coalesce(:excluded_profiles, excluded_profiles),
          recording_days = nullif(coalesce(:recording_days, recording_days), 0),
          event_days = nullif(coalesce(:event_days, event_days), 0),
          kept_days = nullif(coalesce(:kept_days, kept_days), 0),
          cold_after_days = nullif(coalesce(:cold_after_days, cold_after_days), 0)
        where id = :id
        """,
        change);
    return byId(id);
  }

  private void update(UUID id, String sql, Change change) {
    database.write(handle ->
        handle
            .createUpdate(sql)
            .bind("id", id)
            .bind("name", change.name())
            .bindBySqlType("origins", array(change.allowedOrigins()), Types.ARRAY)
            .bind("jwks_url", change.jwksUrl())
            .bind("quota", change.dailyQuotaBytes())
            .bind("rate", change.requestsPerMinute())
            .bind("unsafe_revenue", change.allowUnsafeRevenue())
            .bindBySqlType("excluded_ips", array(change.excludedIps()), Types.ARRAY)
            .bindBySqlType("excluded_profiles", array(change.excludedProfiles()), Types.ARRAY)
            .bind("recording_days", change.retention().recordings())
            .bind("event_days", change.retention().events())
            .bind("kept_days", change.retention().kept())
            .bind("cold_after_days", change.retention().coldAfter())
            .execute());
    forget();
  }

  private static String @Nullable [] array(@Nullable List<String> values) {
    return values == null ? null : values.toArray(String[]::new);
  }

  private void forget() {
    cache.invalidateAll();
    secrets.invalidateAll();
  }

  /** Gives the project a new SDK key; the old one stops working. */
  public Optional<Project> rotateKey(UUID id) {
    database.write(handle ->
        handle.execute(
            "update project set sdk_key = ?, publishable_key = ? where id = ?",
            Ids.key("bsk_"),
            Ids.key("pck_"),
            id));
    forget();
    return byId(id);
  }

  /** Gives the project a new client secret; the old one stops working. */
  public Optional<WithSecret> rotateSecret(UUID id) {
    String secret = Ids.key("bss_");
    database.write(handle ->
        handle.execute("update project set client_secret_hash = ? where id = ?", hash(secret), id));
    forget();
    return byId(id).map(project -> new WithSecret(project, secret));
  }

  /** Whether this is the project's client secret; known for a few seconds once asked. */
  public boolean hasSecret(UUID id, String secret) {
    return secrets.get(new SecretLookup(id, ByteBuffer.wrap(hash(secret))));
  }

  private boolean isSecret(SecretLookup lookup) {
    return MessageDigest.isEqual(secretHash(lookup.id()), lookup.hash().array());
  }

  /** SHA-256 of the project's client secret; empty when there is no such project. */
  public byte[] secretHash(UUID id) {
    return database.write(handle ->
        handle
            .createQuery("select client_secret_hash from project where id = :id")
            .bind("id", id)
            .mapTo(byte[].class)
            .findOne()
            .orElse(new byte[0]));
  }

  /**
   * Deletes the project with everything it recorded, in one transaction.
   *
   * @return whether there was one
   */
  public boolean delete(UUID id) {
    boolean deleted =
        database.write(handle -> {
          handle.execute("delete from chunk where project_id = ?", id);
          boolean known = handle.execute("delete from project where id = ?", id) > 0;
          // After it: of a project that is gone nobody notes what else goes.
          handle.execute("delete from event where project_id = ?", id);
          return known;
        });
    forget();
    return deleted;
  }

  private Optional<Project> find(Lookup lookup) {
    return database.write(handle ->
        handle
            .createQuery(lookup.by().query)
            .bind("value", lookup.value())
            .map((row, _) -> project(row))
            .findOne());
  }

  /** Secrets are 192 random bits, so a fast hash is enough: there is nothing to guess. */
  private static byte[] hash(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Project project(ResultSet row) throws SQLException {
    return new Project(
        row.getObject("id", UUID.class),
        row.getString("name"),
        row.getString("platform"),
        row.getString("sdk_key"),
        row.getString("publishable_key"),
        row.getObject("client_id", UUID.class),
        list(row, "allowed_origins"),
        row.getString("jwks_url"),
        row.getObject("daily_quota_bytes", Long.class),
        row.getObject("requests_per_minute", Integer.class),
        row.getBoolean("allow_unsafe_revenue"),
        list(row, "excluded_ips"),
        list(row, "excluded_profiles"),
        new RetentionDays(
            row.getObject("recording_days", Integer.class),
            row.getObject("event_days", Integer.class),
            row.getObject("kept_days", Integer.class),
            row.getObject("cold_after_days", Integer.class)),
        instant(row, "created_at"));
  }

  private static List<String> list(ResultSet row, String column) throws SQLException {
    return List.of((String[]) row.getArray(column).getArray());
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
