package dev.backspool.verify;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.verify.Uploads.Upload;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.UUID;
import java.util.stream.Collectors;

/** Asks the receipts, which outlive the uploads that they are for, what was uploaded. */
final class LostUploads {
  private static final int MOST_NAMED = 5;

  /** Numbers are given at the commit, so uploads of one moment may have them in another order. */
  private static final Duration AROUND = Duration.ofSeconds(10);

  private final Database database;
  private final SessionState session;
  private final Uploads uploads;

  LostUploads(Database database, SessionState session, Uploads uploads) {
    this.database = database;
    this.session = session;
    this.uploads = uploads;
  }

  private record Receipt(String batchId, int events, Instant receivedAt) {}

  /**
   * What is known of lost uploads, to be put behind their numbers; empty when nothing is.
   *
   * @param there the tab's uploads that are there, by number
   * @param missing the numbers of the others
   */
  String named(NavigableMap<Integer, Upload> there, SortedSet<Integer> missing) {
    Set<String> known =
        uploads.all().stream().map(Upload::batchId).collect(Collectors.toCollection(HashSet::new));
    var before = there.lowerEntry(missing.first());
    var after = there.higherEntry(missing.last());
    List<Receipt> receipts;
    try {
      receipts =
          receipts(
              before == null ? session.firstReceivedAt() : before.getValue().receivedAt(),
              after == null ? session.lastReceivedAt() : after.getValue().receivedAt());
    } catch (DatabaseUnavailable e) {
      return ""; // It took too long; the numbers are told all the same.
    }
    List<String> names =
        receipts.stream()
            .filter(receipt -> !known.contains(receipt.batchId()))
            .limit(MOST_NAMED)
            .map(receipt ->
                "batch %s with %s, received %s"
                    .formatted(
                        receipt.batchId(),
                        Words.count(receipt.events(), "event"),
                        Words.time(receipt.receivedAt())))
            .toList();
    return names.isEmpty() ? "" : " (" + String.join("; ", names) + ")";
  }

  private List<Receipt> receipts(Instant from, Instant to) {
    return database.own(handle -> {
      handle.execute("set local statement_timeout = '10s'");
      return handle
          .createQuery(
              """
              select batch_id, event_count, received_at
              from receipt
              where project_id = :project and session_id = :session
                and received_at between :from and :to
              order by received_at
              limit 10000
              """)
          .bind("project", session.project())
          .bind("session", session.id())
          .bind("from", from.minus(AROUND).atOffset(ZoneOffset.UTC))
          .bind("to", to.plus(AROUND).atOffset(ZoneOffset.UTC))
          .map((row, _) ->
              new Receipt(
                  row.getString(1),
                  row.getInt(2),
                  row.getObject(3, OffsetDateTime.class).toInstant()))
          .list();
    });
  }

  /**
   * How many events the session's uploads brought: an object leaves out what was sent twice.
   *
   * @param counted what the session's row tells; believed where a receipt is gone
   * @param found how many events are there
   */
  long eventsAsUploaded(long counted, long found) {
    List<Upload> archived =
        uploads.all().stream().filter(upload -> upload.object() != null).toList();
    Map<String, Integer> answered = answered(archived.stream().map(Upload::batchId).toList());
    long events = found;
    for (Upload upload : archived) {
      Integer asUploaded = answered.get(upload.batchId());
      if (asUploaded == null) {
        return counted;
      }
      events += asUploaded - upload.events();
    }
    return events;
  }

  private Map<String, Integer> answered(List<String> batches) {
    var answered = new HashMap<String, Integer>();
    for (int from = 0; from < batches.size(); from += 1_000) {
      List<String> some = batches.subList(from, Math.min(batches.size(), from + 1_000));
      answered.putAll(answered(session.project(), new ArrayList<>(some)));
    }
    return answered;
  }

  private Map<String, Integer> answered(UUID project, List<String> batches) {
    return database.own(handle ->
        handle
            .createQuery(
                """
                select batch_id, event_count
                from receipt
                where project_id = :project and batch_id = any(:batches)
                """)
            .bind("project", project)
            .bindArray("batches", String.class, batches)
            .map((row, _) -> Map.entry(row.getString(1), row.getInt(2)))
            .list()
            .stream()
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }
}
