package dev.backspool;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The tenant. Every row, object and query belongs to exactly one.
 *
 * @param sdkKey write key of our own and the UXCam-like contract, for example {@code bsk_5f0c…}
 * @param publishableKey write key of the Stack Auth contract, for example {@code pck_5f0c…}
 * @param clientId write key of the OpenPanel contract
 * @param allowedOrigins origins whose pages may upload, such as {@code https://shop.example.com} or
 *     {@code https://*.example.com}; empty allows every origin
 * @param jwksUrl where the keys that sign the project's access tokens are published; null where the
 *     publishable key alone admits uploads
 * @param dailyQuotaBytes uncompressed bytes of recordings a UTC day; null is no limit
 * @param requestsPerMinute uploads a minute; null is the server's default
 * @param allowUnsafeRevenue whether a sender without a verified secret may report revenue
 * @param excludedIps addresses whose events are refused, for example the office's
 * @param excludedProfiles profiles whose events are refused
 * @param retention how long what it recorded is kept
 */
public record Project(
    UUID id,
    String name,
    String platform,
    String sdkKey,
    String publishableKey,
    UUID clientId,
    List<String> allowedOrigins,
    @Nullable String jwksUrl,
    @Nullable Long dailyQuotaBytes,
    @Nullable Integer requestsPerMinute,
    boolean allowUnsafeRevenue,
    List<String> excludedIps,
    List<String> excludedProfiles,
    RetentionDays retention,
    Instant createdAt) {}
