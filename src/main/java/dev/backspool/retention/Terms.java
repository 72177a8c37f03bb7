package dev.backspool.retention;

import dev.backspool.RetentionDays;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jspecify.annotations.Nullable;

/**
 * From when on back a project's things have expired. Each is the start of a UTC day, so that a
 * day's partition has expired as a whole or not at all; what has no limit is {@link #NEVER}.
 *
 * @param whole sessions no longer than this are counted from their beginning, so that all their
 *     events go together though they lie in two days or more
 */
record Terms(
    UUID project,
    Instant recordingsBefore,
    Instant keptRecordingsBefore,
    Instant eventsBefore,
    Instant keptEventsBefore,
    Duration whole,
    Instant coldBefore) {
  /** Before everything. */
  static final Instant NEVER = Instant.parse("0001-01-01T00:00:00Z");

  /** Much longer than a session lasts, and longer than an event may be late. */
  private static final int WHOLE_DAYS = 7;

  /**
   * What has expired at a moment.
   *
   * @param copied events received before it may go, as far as others are concerned
   * @param hasColdTier whether anything can be moved
   */
  static Terms of(
      UUID project, RetentionDays days, Instant now, Instant copied, boolean hasColdTier) {
    Integer events = days.events();
    return new Terms(
        project,
        before(days.recordings(), now),
        before(longer(days.kept(), days.recordings()), now),
        earlier(before(events, now), copied.truncatedTo(ChronoUnit.DAYS)),
        earlier(before(longer(days.kept(), events), now), copied.truncatedTo(ChronoUnit.DAYS)),
        Duration.ofDays(events == null ? WHOLE_DAYS : Math.min(events, WHOLE_DAYS)),
        hasColdTier ? before(days.coldAfter(), now) : NEVER);
  }

  private static Instant before(@Nullable Integer days, Instant now) {
    return days == null
        ? NEVER
        : now.truncatedTo(ChronoUnit.DAYS).minus(days.longValue(), ChronoUnit.DAYS);
  }

  private static @Nullable Integer longer(@Nullable Integer days, @Nullable Integer others) {
    return days == null || others == null ? null : (Integer) Math.max(days, others);
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  /** What has expired by these and by the others. */
  Terms and(Terms others) {
    return new Terms(
        project,
        earlier(recordingsBefore, others.recordingsBefore),
        earlier(keptRecordingsBefore, others.keptRecordingsBefore),
        earlier(eventsBefore, others.eventsBefore),
        earlier(keptEventsBefore, others.keptEventsBefore),
        whole.compareTo(others.whole) < 0 ? whole : others.whole,
        earlier(coldBefore, others.coldBefore));
  }

  /** Whether recordings or events expire at all. */
  boolean isLimited() {
    return !recordingsBefore.equals(NEVER) || !eventsBefore.equals(NEVER);
  }

  /** Binds everything that the words of {@link Expired} name. */
  <S extends SqlStatement<S>> S bind(S statement) {
    statement.getConfig(SqlStatements.class).setUnusedBindingAllowed(true);
    return statement
        .bind("project", project)
        .bind("recordings_before", recordingsBefore.atOffset(ZoneOffset.UTC))
        .bind("kept_recordings_before", keptRecordingsBefore.atOffset(ZoneOffset.UTC))
        .bind("events_before", eventsBefore.atOffset(ZoneOffset.UTC))
        .bind("kept_events_before", keptEventsBefore.atOffset(ZoneOffset.UTC))
        .bind("whole", whole.toString())
        .bind("cold_before", coldBefore.atOffset(ZoneOffset.UTC));
  }
}
