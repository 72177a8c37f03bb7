package dev.backspool.bench;

import dev.backspool.postgres.Database;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.PartFiles;
import dev.backspool.recording.Parts;
import dev.backspool.recording.file.FrameCursor;
import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.PayloadReader;
import java.io.IOException;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Compares what the database and the archive hold with what the clients know. Nobody else may be
 * writing.
 */
final class Audit {
  static final int MOST_PROBLEMS = 20;
  private static final int MOST_BYTES = 64 << 20;

  private final IdentityHashMap<Upload, byte[]> lines = new IdentityHashMap<>();

  /** Payloads up to here were read by an earlier audit. */
  private long readTo;

  /** As were the frames in these objects. */
  private final Set<String> readObjects = new HashSet<>();

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

  /**
   * Looks at everything; payloads only once.
   *
   * @param files opens what is archived
   */
  Finding of(Database database, PartFiles files, Ledger ledger, EventLedger eventLedger)
      throws IOException {
    var problems = new ArrayList<String>();
    Count batches = batches(database, files, ledger, problems);
    Count events = EventAudit.of(database, eventLedger, problems);
    long ended =
        column(database, "select id::text from session where ended_event_at is not null").size();
    return new Finding(batches, events, ended, problems);
  }

  private Count batches(Database database, PartFiles files, Ledger ledger, List<String> problems)
      throws IOException {
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
    List<Part> parts =
        database.own(handle ->
            handle
                .createQuery("select * from recording_part order by project_id, object")
                .map((row, _) -> Parts.part(row))
                .list());
    problems.addAll(database.own(handle -> brokenRules(handle, frames(parts, files, problems))));
    Map<String, Ledger.Entry> sent =
        entries.stream()
            .collect(Collectors.toMap(entry -> entry.batch().id(), Function.identity()));
    readPayloads(database, sent, problems);
    readObjects(parts, files, sent, problems);
    return new Count(acknowledged, unansweredStored, unansweredAbsent);
  }

  /** A frame that is archived, and whose. */
  private record Archived(Part part, Frame frame) {}

  private static List<Archived> frames(List<Part> parts, PartFiles files, List<String> problems) {
    var frames = new ArrayList<Archived>();
    for (Part part : parts) {
      try {
        files.open(part).frames().forEach(frame -> frames.add(new Archived(part, frame)));
      } catch (IOException unreadable) {
        problems.add("unreadable: object " + part.key() + ": " + unreadable.getMessage());
      }
    }
    return frames;
  }

  /** Puts live chunks and archived frames side by side, for the rules to look at. */
  private static List<String> brokenRules(Handle handle, List<Archived> archived) {
    handle.execute(
        """
        create temporary table frame on commit drop as
        select project_id, session_id, tab_id, batch_id, ordinal, received_at,
          event_count::bigint as event_count, raw_bytes::bigint as raw_bytes,
          octet_length(payload)::bigint as stored_bytes
        from chunk
        """);
    PreparedBatch batch =
        handle.prepareBatch(
            """
            insert into frame values (
              :project, :session, :tab, :batch, :ordinal, :received, :events, :raw, :stored)
            """);
    for (Archived each : archived) {
      Frame frame = each.frame();
      batch
          .bind("project", each.part().project())
          .bind("session", each.part().session())
          .bind("tab", frame.tab())
          .bind("batch", frame.batchId())
          .bind("ordinal", frame.ordinal())
          .bind("received", frame.receivedAt().atOffset(ZoneOffset.UTC))
          .bind("events", frame.events())
          .bind("raw", frame.rawBytes())
          .bind("stored", frame.bytes())
          .add();
    }
    if (!archived.isEmpty()) {
      batch.execute();
    }
    var broken = new ArrayList<String>();
    for (Rule rule : Rule.values()) {
      handle
          .createQuery(rule.query + " limit " + MOST_PROBLEMS)
          .mapTo(String.class)
          .forEach(found -> broken.add(rule.sentence.formatted(found)));
    }
    return broken;
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
          from frame
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
            sum(raw_bytes) as raw, sum(stored_bytes) as stored
          from frame
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
          from frame
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
          from frame
          group by project_id, day
        ) chunk using (project_id, day)
        where (chunks, usage.raw_bytes) is distinct from (coalesce(stored, 0), coalesce(bytes, 0))
        """),
    SESSIONS_COUNT_WHAT_IS_NOT_ARCHIVED(
        "wrong: session %s does not count the chunks that are not archived yet",
        """
        select id::text
        from session
        full join (
          select project_id, session_id as id, count(*) as chunks,
            sum(octet_length(payload)) as bytes
          from chunk
          group by project_id, session_id
        ) chunk using (project_id, id)
        where (hot_chunks, hot_bytes, hot_since is null)
          is distinct from (coalesce(chunks, 0), coalesce(bytes, 0), chunks is null)
        """),
    SESSIONS_COUNT_THEIR_PARTS(
        "wrong: session %s does not count its objects",
        """
        select id::text
        from session
        full join (
          select project_id, session_id as id, count(*) as parts
          from recording_part
          group by project_id, session_id
        ) part using (project_id, id)
        where part_count is distinct from coalesce(parts, 0)
        """);

    private final String sentence;
    private final String query;

    Rule(String sentence, String query) {
      this.sentence = sentence;
      this.query = query;
    }
  }

  private record Row(long id, String batch, byte[] payload) {}

  private void readPayloads(
      Database database, Map<String, Ledger.Entry> sent, List<String> problems)
      throws DamagedPayload {
    while (true) {
      List<Row> rows = rows(database);
      if (rows.isEmpty()) {
        return;
      }
      for (Row row : rows) {
        readTo = row.id();
        try {
          compare(row.batch(), PayloadReader.lines(row.payload(), MOST_BYTES), sent, problems);
        } catch (DamagedPayload damaged) {
          problems.add("damaged: batch " + row.batch() + ": " + damaged.getMessage());
        }
      }
    }
  }

  private void readObjects(
      List<Part> parts, PartFiles files, Map<String, Ledger.Entry> sent, List<String> problems) {
    for (Part part : parts) {
      if (!readObjects.add(part.object())) {
        continue;
      }
      try (FrameCursor cursor = files.open(part).cursor()) {
        for (var next = cursor.next(); next.isPresent(); next = cursor.next()) {
          compare(next.get().frame().batchId(), next.get().lines(), sent, problems);
        }
      } catch (IOException damaged) {
        problems.add("damaged: object " + part.key() + ": " + damaged.getMessage());
      }
    }
  }

  private void compare(
      String batch, byte[] stored, Map<String, Ledger.Entry> sent, List<String> problems)
      throws DamagedPayload {
    Ledger.Entry entry = sent.get(batch);
    if (entry == null) {
      problems.add("unknown: batch " + batch + " was never sent");
    } else if (!Arrays.equals(linesOf(entry.upload()), stored)) {
      problems.add("changed: batch " + batch + " holds other events than were sent");
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
