package dev.backspool.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.backspool.analytics.Event;
import dev.backspool.enrich.Agent;
import dev.backspool.enrich.Geo;
import dev.backspool.enrich.Referrer;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event as the API shows it.
 *
 * @param id as text: JavaScript has no 64-bit numbers
 */
public record EventJson(
    String id,
    Instant at,
    Instant receivedAt,
    String name,
    @Nullable UUID sessionId,
    @Nullable String deviceId,
    @Nullable String profileId,
    @Nullable String path,
    @Nullable String origin,
    @Nullable String referrer,
    @Nullable String referrerName,
    @Nullable String referrerType,
    @Nullable Long revenue,
    @Nullable Long durationMs,
    @Nullable String country,
    @Nullable String region,
    @Nullable String city,
    @Nullable String os,
    @Nullable String osVersion,
    @Nullable String browser,
    @Nullable String browserVersion,
    @Nullable String device,
    @Nullable String brand,
    @Nullable String model,
    @Nullable String sdkName,
    @Nullable String sdkVersion,
    List<String> groups,
    @JsonRawValue String properties) {

  /** The event in this form. */
  public static EventJson of(Event event) {
    Referrer referrer = event.referrer();
    Geo geo = event.geo();
    Agent agent = event.agent();
    return new EventJson(
        Long.toString(event.id()),
        event.at(),
        event.receivedAt(),
        event.name(),
        event.session(),
        event.device(),
        event.profile(),
        event.path(),
        event.origin(),
        referrer.url(),
        referrer.name(),
        referrer.type(),
        event.revenue(),
        event.durationMs(),
        geo.country(),
        geo.region(),
        geo.city(),
        agent.os(),
        agent.osVersion(),
        agent.browser(),
        agent.browserVersion(),
        agent.device(),
        agent.brand(),
        agent.model(),
        event.sdkName(),
        event.sdkVersion(),
        event.groups(),
        event.properties());
  }
}
