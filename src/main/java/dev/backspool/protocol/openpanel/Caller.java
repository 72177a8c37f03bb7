package dev.backspool.protocol.openpanel;

import dev.backspool.Project;
import dev.backspool.enrich.Agent;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who was let in.
 *
 * @param secretVerified whether it showed the project's client secret
 * @param userAgent as sent; null where there is none
 * @param server whether the user agent is a program's, with no person in front of it
 * @param ip its public address; null where none is known
 * @param sdkName from {@code openpanel-sdk-name}; null where no SDK of the family asks
 */
record Caller(
    Project project,
    boolean secretVerified,
    Instant receivedAt,
    @Nullable String userAgent,
    Agent agent,
    boolean server,
    @Nullable String ip,
    @Nullable String sdkName,
    @Nullable String sdkVersion) {

  boolean mayTellRevenue() {
    return secretVerified || project.allowUnsafeRevenue();
  }
}
