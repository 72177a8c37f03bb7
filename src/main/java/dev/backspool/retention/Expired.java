package dev.backspool.retention;

/**
 * What has expired, as conditions of SQL on rows of {@code session} and others; {@link Terms#bind}
 * gives them their values. A run asks them again of every row that it has locked.
 */
final class Expired {
  /** The session's recording. Found by the index of sessions with one, in the order they began. */
  static final String RECORDING =
      """
      (has_recording
        and started_at < :recordings_before
        and last_event_at < case when kept_at is null
          then :recordings_before else :kept_recordings_before end)\
      """;

  /**
   * The session's events, all of them. One that goes on for longer than {@link Terms#whole} is
   * counted from its last upload; its earlier days go before.
   */
  static final String EVENTS =
      """
      (tracked_from is not null
        and first_received_at < :events_before
        and (kept_at is null or first_received_at < :kept_events_before)
        and last_received_at < greatest(
          case when kept_at is null then :events_before else :kept_events_before end,
          first_received_at + cast(:whole as interval)))\
      """;

  /** The session's row: nothing of the session is kept any more. */
  static final String SESSION =
      "((not has_recording or %s) and (tracked_from is null or %s))".formatted(RECORDING, EVENTS);

  /** The session keeps its events, however old they are: a member wants it kept. */
  static final String KEEPS_EVENTS = "(kept_at is not null and tracked_from is not null)";

  /** When the last event of a session was received, or a little later. */
  static final String LAST_EVENT_RECEIVED =
      "greatest(last_received_at, coalesce(end_received_at, last_received_at + interval '1 day'))";

  /** Sessions that may have {@link #LATE_EVENTS}. */
  static final String MAY_HAVE_LATE_EVENTS = LAST_EVENT_RECEIVED + " >= :events_before";

  /**
   * Events of a session whose events have expired, which lie in days that have not: the last of a
   * session that began the day before, and its end, which is stored when it is found to be over.
   * Joins {@code event} and {@code session}.
   */
  static final String LATE_EVENTS =
      """
      (event.project_id = session.project_id
        and event.session_id = session.id
        and event.received_at >= :events_before
        and event.received_at <= %s)\
      """
          .formatted(LAST_EVENT_RECEIVED);

  /** A part of a recording that is to move to the cold tier. */
  static final String WARM_PART = "(not cold and last_at < :cold_before)";

  private Expired() {}
}
