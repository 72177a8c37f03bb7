package dev.backspool.bench;

import dev.backspool.postgres.Database;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The part of the audit that looks at events. */
final class EventAudit {
  private EventAudit() {}

  /** What is stored of a request: how many rows, and how many different ones. */
  private record Stored(String mark, int rows, int distinct) {}

  /**
   * Looks at every event.
   *
   * @param problems gets what must not be
   * @return rows, not requests
   */
  static Audit.Count of(Database database, EventLedger ledger, List<String> problems) {
    Map<String, Stored> stored = new HashMap<>();
    stored(database).forEach(post -> stored.put(post.mark(), post));
    var found = new ArrayList<String>();
    int acknowledged = 0;
    for (Map.Entry<String, Integer> post : ledger.acknowledged().entrySet()) {
      acknowledged += post.getValue();
      Stored there = stored.remove(post.getKey());
      if (there == null) {
        found.add("lost: request " + post.getKey() + " of events was acknowledged");
      } else {
        check(there, post.getValue(), found);
      }
    }
    int unansweredStored = 0;
    int unansweredAbsent = 0;
    for (EventLedger.Post post : ledger.unanswered()) {
      Stored there = stored.remove(post.mark());
      if (there == null) {
        unansweredAbsent += post.rows();
      } else {
        unansweredStored += there.distinct();
        check(there, post.rows(), found);
      }
    }
    stored.keySet().forEach(mark -> found.add("unknown: events of " + mark + " were never sent"));
    found.stream().limit(Audit.MOST_PROBLEMS).forEach(problems::add);
    for (Rule rule : Rule.values()) {
      Audit.column(database, rule.query + " limit " + Audit.MOST_PROBLEMS)
          .forEach(row -> problems.add(rule.sentence.formatted(row)));
    }
    return new Audit.Count(acknowledged, unansweredStored, unansweredAbsent);
  }

  /** A request is one transaction. */
  private static void check(Stored there, int sent, List<String> found) {
    if (there.distinct() < sent) {
      found.add("torn: %d of %d events of %s".formatted(there.distinct(), sent, there.mark()));
    }
    if (there.rows() > there.distinct()) {
      found.add(
          "double: %d rows of %d events of %s"
              .formatted(there.rows(), there.distinct(), there.mark()));
    }
  }

  private static List<Stored> stored(Database database) {
    return database.own(handle ->
        handle
            .createQuery(
                """
                select substring(mark from '(.*)-'), count(*), count(distinct mark)
                from (
                  select properties::json ->> 'mark' as mark
                  from event
                  where name not in ('session_start', 'session_end')
                ) event
                group by 1
                """)
            .map((row, _) -> new Stored(row.getString(1), row.getInt(2), row.getInt(3)))
            .list());
  }

  /** What holds for every row, whoever wrote it. Each query gives what breaks the rule. */
  private enum Rule {
    KEYS_ARE_THOSE_OF_THE_EVENTS(
        "lost: the id %s is taken, and no event has it, or the other way round",
        """
        select coalesce(mark, key::text)
        from event_key
        full join (
          select
            project_id, properties::json ->> 'mark' as mark,
            event_key_hash(properties::json ->> 'mark') as key
          from event
          where name not in ('session_start', 'session_end')
        ) event using (project_id, key)
        where event_key.received_at is null or event.key is null
        """),
    SESSIONS_COUNT_THEIR_EVENTS(
        "wrong: session %s does not count its events",
        """
        select id::text
        from session
        full join (
          select project_id, session_id as id, count(*) as events,
            count(*) filter (where name = 'screen_view') as views,
            min(at) as first, max(at) as last
          from event
          where session_id is not null and name not in ('session_start', 'session_end')
          group by project_id, session_id
        ) event using (project_id, id)
        where (tracked_count, screen_view_count, tracked_from, tracked_until)
          is distinct from (coalesce(events, 0), coalesce(views, 0), first, last)
        """),
    SESSIONS_START_ONCE_AND_END_ONCE(
        "wrong: session %s has not one session_start, or not the session_end it should have",
        """
        select id::text
        from session
        full join (
          select project_id, session_id as id,
            count(*) filter (where name = 'session_start') as starts,
            max(at) filter (where name = 'session_start') as started,
            count(*) filter (where name = 'session_end') as ends,
            max(at) filter (where name = 'session_end') as ended
          from event
          where name in ('session_start', 'session_end')
          group by project_id, session_id
        ) event using (project_id, id)
        where (coalesce(starts, 0), started, coalesce(ends, 0), ended) is distinct from (
          (tracked_count > 0)::int::bigint, started_event_at,
          (ended_event_at is not null)::int::bigint, ended_event_at)
        """),
    EVENTS_LIE_WITH_THEIR_DEVICE(
        "wrong: session %s holds an event of another device",
        """
        select distinct session_id::text
        from event
        left join session on session.project_id = event.project_id and session.id = session_id
        where session.device_id is null or event.device_id is distinct from session.device_id
        """),
    DAYS_COUNT_THEIR_EVENTS(
        "wrong: the usage of %s is not that of its events",
        """
        select day::text
        from usage
        full join (
          select project_id, (received_at at time zone 'UTC')::date as day, count(*) as stored
          from event
          where name not in ('session_start', 'session_end')
          group by project_id, day
        ) event using (project_id, day)
        where events is distinct from coalesce(stored, 0)
        """);

    private final String sentence;
    private final String query;

    Rule(String sentence, String query) {
      this.sentence = sentence;
      this.query = query;
    }
  }
}
