package dev.backspool.recording;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which sessions are wanted; what is null or false asks nothing.
 *
 * @param from earliest last event, inclusive
 * @param to latest last event, exclusive
 * @param profile the customer's id of the person, or a part of the name or the e-mail address
 * @param url a part of the address of any of its pages, upper and lower case alike
 * @param errors only those with errors
 * @param live only those that may still grow
 * @param profileId the customer's id of the person; of someone anonymous, the device's id
 * @param recording true: only those with a recording; false: only those without
 * @param event name of an analytics event that happened in it
 * @param kept true: only those that a member keeps; false: only the others
 */
public record SessionFilter(
    @Nullable Instant from,
    @Nullable Instant to,
    @Nullable String profile,
    @Nullable Duration minDuration,
    @Nullable Duration maxDuration,
    @Nullable Integer minEvents,
    @Nullable String url,
    boolean errors,
    boolean live,
    @Nullable String profileId,
    @Nullable Boolean recording,
    @Nullable String event,
    @Nullable Boolean kept) {
  public static final SessionFilter ALL =
      new SessionFilter(
          null, null, null, null, null, null, null, false, false, null, null, null, null);
}
