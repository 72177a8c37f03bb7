package dev.backspool.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.backspool.Project;
import dev.backspool.project.Recorded;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A project as the API shows it; the secret only where it was just made. */
record ProjectJson(
    UUID id,
    String name,
    String platform,
    String sdkKey,
    UUID clientId,
    String publishableKey,
    Instant createdAt,
    List<String> allowedOrigins,
    @Nullable String jwksUrl,
    @Nullable Long dailyQuotaMb,
    @Nullable Integer requestsPerMinute,
    boolean allowUnsafeRevenue,
    List<String> excludedIps,
    List<String> excludedProfiles,
    @Nullable Integer recordingDays,
    @Nullable Integer eventDays,
    @Nullable Integer keptDays,
    @Nullable Integer coldAfterDays,
    long sessionCount,
    @Nullable Instant firstRecordedAt,
    @Nullable Instant lastRecordedAt,
    Map<String, Instant> sources,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String clientSecret) {

  /** Bytes of a quota's megabyte. */
  static final long MEGABYTE = 1_000_000;

  static ProjectJson of(Project project, Recorded recorded) {
    return of(project, recorded, null);
  }

  static ProjectJson of(Project project, Recorded recorded, @Nullable String secret) {
    Long quota = project.dailyQuotaBytes();
    return new ProjectJson(
        project.id(),
        project.name(),
        project.platform(),
        project.sdkKey(),
        project.clientId(),
        project.publishableKey(),
        project.createdAt(),
        project.allowedOrigins(),
        project.jwksUrl(),
        quota == null ? null : Math.ceilDiv(quota, MEGABYTE),
        project.requestsPerMinute(),
        project.allowUnsafeRevenue(),
        project.excludedIps(),
        project.excludedProfiles(),
        project.retention().recordings(),
        project.retention().events(),
        project.retention().kept(),
        project.retention().coldAfter(),
        recorded.sessions(),
        recorded.firstAt(),
        recorded.lastAt(),
        recorded.sources(),
        secret);
  }
}
