package dev.backspool.project;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.backspool.Ids;
import dev.backspool.Project;
import dev.backspool.postgres.Database;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
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
   */
  public record Change(
      @Nullable String name,
      @Nullable List<String> allowedOrigins,
      @Nullable String jwksUrl,
      @Nullable Long dailyQuotaBytes,
      @Nullable Integer requestsPerMinute) {}

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

  /** Makes a project with all its keys. */
  public WithSecret create(String name, String platform) {
    String secret = Ids.key("bss_");
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
            .bind("sdk_key", Ids.key("bsk_"))
            .bind("publishable_key", Ids.key("pck_"))
            .bind("client_id", UUID.randomUUID())
            .bind("hash", hash(secret))
            .execute());
    return new WithSecret(byId(id).orElseThrow(), secret);
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
          requests_per_minute = nullif(coalesce(:rate, requests_per_minute), 0)
        where id = :id
        """,
        change);
    return byId(id);
  }

  private void update(UUID id, String sql, Change change) {
    List<String> origins = change.allowedOrigins();
    database.write(handle ->
        handle
            .createUpdate(sql)
            .bind("id", id)
            .bind("name", change.name())
            .bindBySqlType(
                "origins",
                origins == null ? null : origins.toArray(String[]::new),
                java.sql.Types.ARRAY)
            .bind("jwks_url", change.jwksUrl())
            .bind("quota", change.dailyQuotaBytes())
            .bind("rate", change.requestsPerMinute())
            .execute());
    cache.invalidateAll();
  }

  /** Gives the project a new SDK key; the old one stops working. */
  public Optional<Project> rotateKey(UUID id) {
    database.write(handle ->
        handle.execute(
            "update project set sdk_key = ?, publishable_key = ? where id = ?",
            Ids.key("bsk_"),
            Ids.key("pck_"),
            id));
    cache.invalidateAll();
    return byId(id);
  }

  /** Gives the project a new client secret; the old one stops working. */
  public Optional<WithSecret> rotateSecret(UUID id) {
    String secret = Ids.key("bss_");
    database.write(handle ->
        handle.execute("update project set client_secret_hash = ? where id = ?", hash(secret), id));
    cache.invalidateAll();
    return byId(id).map(project -> new WithSecret(project, secret));
  }

  /** Whether this is the project's client secret. */
  public boolean hasSecret(UUID id, String secret) {
    byte[] kept =
        database.write(handle ->
            handle
                .createQuery("select client_secret_hash from project where id = :id")
                .bind("id", id)
                .mapTo(byte[].class)
                .findOne()
                .orElse(new byte[0]));
    return MessageDigest.isEqual(kept, hash(secret));
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
          handle.execute("delete from event where project_id = ?", id);
          return handle.execute("delete from project where id = ?", id) > 0;
        });
    cache.invalidateAll();
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
    Array origins = row.getArray("allowed_origins");
    return new Project(
        row.getObject("id", UUID.class),
        row.getString("name"),
        row.getString("platform"),
        row.getString("sdk_key"),
        row.getString("publishable_key"),
        row.getObject("client_id", UUID.class),
        List.of((String[]) origins.getArray()),
        row.getString("jwks_url"),
        row.getObject("daily_quota_bytes", Long.class),
        row.getObject("requests_per_minute", Integer.class),
        instant(row, "created_at"));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
