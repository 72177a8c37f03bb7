package dev.backspool.recording;

import dev.backspool.Visitor;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A session as lists show it. Times are server time.
 *
 * @param name the SDK's own id of it; null where only the server names it
 * @param source the contract its first chunk came by, for example {@code stackauth}
 * @param live whether more may come: something arrived a moment ago, and it is no import
 * @param rawBytes size of its events as lines of JSON
 * @param storedBytes size of its events as stored
 * @param tracking what its analytics events tell
 * @param keptAt when a member chose to keep it longer than others; null when nobody did
 * @param activity user-input events in {@value Activity#SLOTS} equal slots from {@code startedAt}
 *     to {@code lastEventAt}
 */
public record SessionSummary(
    UUID id,
    @Nullable String name,
    String source,
    Instant startedAt,
    Instant lastEventAt,
    Instant firstReceivedAt,
    Instant lastReceivedAt,
    boolean live,
    long events,
    int chunks,
    int tabs,
    int pages,
    int clicks,
    int inputs,
    int errors,
    long rawBytes,
    long storedBytes,
    @Nullable String firstPage,
    @Nullable String lastPage,
    boolean hasFullSnapshot,
    Visitor visitor,
    Tracking tracking,
    @Nullable Instant keptAt,
    List<Integer> activity) {

  /** From the first event to the last. */
  public Duration duration() {
    return Duration.between(startedAt, lastEventAt);
  }

  SessionSummary withActivity(List<Integer> activity) {
    return new SessionSummary(
        id,
        name,
        source,
        startedAt,
        lastEventAt,
        firstReceivedAt,
        lastReceivedAt,
        live,
        events,
        chunks,
        tabs,
        pages,
        clicks,
        inputs,
        errors,
        rawBytes,
        storedBytes,
        firstPage,
        lastPage,
        hasFullSnapshot,
        visitor,
        tracking,
        keptAt,
        activity);
  }
}
