package dev.backspool.bench;

import dev.backspool.postgres.Database;
import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.PayloadReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Compares what the database holds with what the clients know. Nobody else may be writing. */
final class Audit {
  static final int MOST_PROBLEMS = 20;
  private static final int MOST_BYTES = 64 << 20;

  private final IdentityHashMap<Upload, byte[]> lines = new IdentityHashMap<>();

  /** Payloads up to here were read by an earlier audit. */
  private long readTo;

  /**
   * How much was found of what was sent.
   *
   * @param acknowledged has to be there
   * @param unansweredStored had no answer and is there
   * @param unansweredAbsent had no answer and is not
   */
  record Count(int acknowledged, int unansweredStored, int unansweredAbsent) {}

  /**
   * What was found.
   *
   * @param events rows, not requests
   * @param ended sessions that have been closed
   * @param problems what must not be, a sentence each; at most the first few of a kind
   */
  record Finding(Count batches, Count events, long ended, List<String> problems) {}

  /** Looks at everything; payloads only once. */
  Finding of(Database database, Ledger ledger, EventLedger eventLedger) throws DamagedPayload {
    var problems = new ArrayList<String>();
    Count batches = batches(database, ledger, problems);
    Count events = EventAudit.of(database, eventLedger, problems);
    long ended =
        column(database, "select id::text from session where ended_event_at is not null").size();
    return new Finding(batches, events, ended, problems);
  }

  private Count batches(Database database, Ledger ledger, List<String> problems)
      throws DamagedPayload {
    Set<String> stored = new HashSet<>(column(database, "select batch_id from receipt"));
    List<Ledger.Entry> entries = ledger.all();
    int acknowledged = 0;
    int unansweredStored = 0;
    int unansweredAbsent = 0;
    for (Ledger.Entry entry : entries) {
      boolean there = stored.contains(entry.batch().id());
      if (entry.acknowledged()) {
        acknowledged++;
        if (!there && problems.size() < MOST_PROBLEMS) {
          problems.add("lost: batch " + entry.batch().id() + " was acknowledged");
        }
      } else if (there) {
        unansweredStored++;
      } else {
        unansweredAbsent++;
      }
    }
    for (Rule rule : Rule.values()) {
      column(database, rule.query + " limit " + MOST_PROBLEMS)
          .forEach(found -> problems.add(rule.sentence.formatted(found)));
    }
    readPayloads(database, entries, problems);
    return new Count(acknowledged, unansweredStored, unansweredAbsent);
  }

  /** What holds for every row, whoever wrote it. Each query gives what breaks the rule. */
  private enum Rule {
    ONE_CHUNK_FOR_A_RECEIPT(
        "torn or double: batch %s has not exactly one chunk with its receipt's events",
        """
        select batch_id
        from receipt
        full join (
          select project_id, batch_id, count(*) as copies, sum(event_count) as events
          from chunk
          group by project_id, batch_id
        ) chunk using (project_id, batch_id)
        where (copies, events, event_count) is distinct from (1, event_count, event_count)
          or event_count is null
        """),
    SESSIONS_COUNT_THEIR_CHUNKS(
        "wrong: session %s does not count its chunks",
        """
        select id::text
        from session
        full join (
          select project_id, session_id as id, count(*) as chunks, sum(event_count) as events,
            sum(raw_bytes) as raw, sum(octet_length(payload)) as stored
          from chunk
          group by project_id, session_id
        ) chunk using (project_id, id)
        where (chunk_count, event_count, raw_bytes, stored_bytes)
          is distinct from (
            coalesce(chunks, 0), coalesce(events, 0), coalesce(raw, 0), coalesce(stored, 0))
        """),
    TABS_NUMBER_THEIR_CHUNKS(
        "wrong: the chunks of a tab of session %s are not numbered without holes",
        """
        select session_id::text
        from tab
        full join (
          select project_id, session_id, tab_id as id, count(*) as chunks,
            count(distinct ordinal) as numbers, max(ordinal) + 1 as next
          from chunk
          group by project_id, session_id, tab_id
        ) chunk using (project_id, session_id, id)
        where (chunk_count, chunk_count, chunk_count) is distinct from (chunks, numbers, next)
        """),
    DAYS_COUNT_THEIR_CHUNKS(
        "wrong: the usage of %s is not that of its chunks",
        """
        select day::text
        from usage
        full join (
          select project_id, (received_at at time zone 'UTC')::date as day, count(*) as stored,
            sum(raw_bytes) as bytes
          from chunk
          group by project_id, day
        ) chunk using (project_id, day)
        where (chunks, usage.raw_bytes) is distinct from (coalesce(stored, 0), coalesce(bytes, 0))
        """);

    private final String sentence;
    private final String query;

    Rule(String sentence, String query) {
      this.sentence = sentence;
      this.query = query;
    }
  }

  private record Row(long id, String batch, byte[] payload) {}

  private void readPayloads(Database database, List<Ledger.Entry> entries, List<String> problems)
      throws DamagedPayload {
    Map<String, Ledger.Entry> sent =
        entries.stream()
            .collect(Collectors.toMap(entry -> entry.batch().id(), Function.identity()));
    while (true) {
      List<Row> rows = rows(database);
      if (rows.isEmpty()) {
        return;
      }
      for (Row row : rows) {
        readTo = row.id();
        Ledger.Entry entry = sent.get(row.batch());
        if (entry == null) {
          problems.add("unknown: batch " + row.batch() + " was never sent");
          continue;
        }
        try {
          if (!Arrays.equals(
              linesOf(entry.upload()), PayloadReader.lines(row.payload(), MOST_BYTES))) {
            problems.add("changed: batch " + row.batch() + " holds other events than were sent");
          }
        } catch (DamagedPayload damaged) {
          problems.add("damaged: batch " + row.batch() + ": " + damaged.getMessage());
        }
      }
    }
  }

  private List<Row> rows(Database database) {
    return database.own(handle ->
        handle
            .createQuery(
                """
                select id, batch_id, payload from chunk where id > :after order by id limit 500
                """)
            .bind("after", readTo)
            .map((row, _) -> new Row(row.getLong(1), row.getString(2), row.getBytes(3)))
            .list());
  }

  private byte[] linesOf(Upload upload) throws DamagedPayload {
    byte[] known = lines.get(upload);
    if (known == null) {
      known = PayloadReader.lines(upload.events().payload(), MOST_BYTES);
      lines.put(upload, known);
    }
    return known;
  }

  static List<String> column(Database database, String query) {
    return database.own(handle -> handle.createQuery(query).mapTo(String.class).list());
  }
}
