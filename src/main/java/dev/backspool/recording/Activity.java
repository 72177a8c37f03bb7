package dev.backspool.recording;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;

/** How busy people were over the length of their sessions: one query for a page of the list. */
final class Activity {
  /** Slots of equal length that a session is cut into. */
  static final int SLOTS = 32;

  private Activity() {}

  private record Span(UUID session, int first, int last, int events) {}

  /**
   * The same sessions with their activity. What a chunk counted, or a slot of an archived part's
   * own activity, is spread evenly over the slots that it touches.
   */
  static List<SessionSummary> of(Handle handle, UUID project, List<SessionSummary> sessions) {
    if (sessions.isEmpty()) {
      return sessions;
    }
    var slots = new HashMap<UUID, int[]>();
    for (Span span : spans(handle, project, sessions)) {
      int[] counts = slots.computeIfAbsent(span.session(), _ -> new int[SLOTS]);
      int touched = span.last() - span.first() + 1;
      for (int i = 0; i < touched; i++) {
        // Differences of a running sum, so that the parts add up to the whole.
        counts[span.first() + i] += span.events() * (i + 1) / touched - span.events() * i / touched;
      }
    }
    return sessions.stream()
        .map(session -> session.withActivity(counts(slots, session.id())))
        .toList();
  }

  private static List<Integer> counts(Map<UUID, int[]> slots, UUID session) {
    int[] counts = slots.get(session);
    return counts == null ? Collections.nCopies(SLOTS, 0) : IntStream.of(counts).boxed().toList();
  }

  private static List<Span> spans(Handle handle, UUID project, List<SessionSummary> sessions) {
    // The bounds on received_at keep PostgreSQL from looking into the other days' partitions. A
    // part's slot is taken a little inside its ends, lest it touches the slots beside its own.
    return handle
        .createQuery(
            """
            with wanted as materialized (
              select id, started_at,
                greatest(0.001, extract(epoch from last_event_at - started_at)) as seconds
              from session
              where project_id = :project and id = any(:ids)
            ), counted as (
              select session_id, user_events, first_at, last_at
              from chunk
              where project_id = :project and session_id = any(:ids)
                and received_at between :first and :last and user_events > 0
              union all
              select session_id, slot.user_events,
                first_at + (slot.number - 0.99) * (last_at - first_at) / cardinality(activity),
                first_at + (slot.number - 0.01) * (last_at - first_at) / cardinality(activity)
              from recording_part
              cross join unnest(activity) with ordinality as slot (user_events, number)
              where project_id = :project and session_id = any(:ids) and slot.user_events > 0
            )
            select session_id, first_slot, last_slot, sum(user_events)::int as events
            from (
              select
                session_id, user_events,
                least(:slots - 1, floor(:slots * extract(epoch from first_at - wanted.started_at)
                  / wanted.seconds))::int as first_slot,
                least(:slots - 1, floor(:slots * extract(epoch from last_at - wanted.started_at)
                  / wanted.seconds))::int as last_slot
              from counted
              join wanted on wanted.id = counted.session_id
            ) placed
            where first_slot >= 0 and last_slot >= first_slot
            group by session_id, first_slot, last_slot
            """)
        .bind("slots", SLOTS)
        .bind("project", project)
        .bindArray("ids", UUID.class, sessions.stream().map(SessionSummary::id).toList())
        .bind("first", earliest(sessions))
        .bind("last", latest(sessions))
        .map((row, _) ->
            new Span(
                row.getObject("session_id", UUID.class),
                row.getInt("first_slot"),
                row.getInt("last_slot"),
                row.getInt("events")))
        .list();
  }

  private static OffsetDateTime earliest(List<SessionSummary> sessions) {
    return Collections.min(sessions.stream().map(SessionSummary::firstReceivedAt).toList())
        .atOffset(ZoneOffset.UTC);
  }

  private static OffsetDateTime latest(List<SessionSummary> sessions) {
    return Collections.max(sessions.stream().map(SessionSummary::lastReceivedAt).toList())
        .atOffset(ZoneOffset.UTC);
  }
}
