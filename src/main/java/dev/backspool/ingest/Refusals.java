package dev.backspool.ingest;

import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what is turned away, by project, day, contract and reason. Counting must not cost a
 * transaction under attack, so counts are kept in memory and written every few seconds.
 */
public final class Refusals implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

  /** So many characters are kept of what is refused. */
  public static final int MOST_DETAIL = 500;

  private static final int MOST_WAITING = 10_000;

  /** A contract and a reason, as metric labels. */
  public record Label(Source protocol, Reason reason) {}

  /** A line of a project's list of refusals. */
  public record Line(
      LocalDate day, String protocol, String reason, long count, Instant lastAt, String detail) {}

  private record Key(UUID project, LocalDate day, Label label) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int order = project.compareTo(other.project);
      order = order != 0 ? order : day.compareTo(other.day);
      order = order != 0 ? order : label.protocol().compareTo(other.label.protocol());
      return order != 0 ? order : label.reason().compareTo(other.label.reason());
    }
  }

  private record Tally(long count, Instant lastAt, String detail) {
    Tally plus(Tally later) {
      return new Tally(count + later.count, later.lastAt, later.detail);
    }
  }

  private final Database database;
  private final Map<Label, LongAdder> totals = new ConcurrentHashMap<>();
  private final Map<Key, Tally> waiting = new ConcurrentHashMap<>();
  private final Periodic writer;

  Refusals(Database database) {
    this.database = database;
    writer = new Periodic("refusals", Duration.ofSeconds(2), this::write);
  }

  void count(@Nullable UUID project, Source protocol, Reason reason, String detail) {
    var label = new Label(protocol, reason);
    totals.computeIfAbsent(label, _ -> new LongAdder()).increment();
    if (project != null && waiting.size() < MOST_WAITING) {
      String cut = detail.replace("\0", "");
      waiting.merge(
          new Key(project, LocalDate.now(ZoneOffset.UTC), label),
          new Tally(
              1, Instant.now(), cut.length() > MOST_DETAIL ? cut.substring(0, MOST_DETAIL) : cut),
          Tally::plus);
    }
  }

  /** Everything refused since this process started, unknown keys included. */
  public Map<Label, Long> totals() {
    var sums = new java.util.HashMap<Label, Long>();
    totals.forEach((label, count) -> sums.put(label, count.sum()));
    return sums;
  }

  /** A project's refusals of the last days, newest first. */
  public List<Line> of(UUID project, int days) {
    write();
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select day, protocol, reason, count, last_at, detail
                    from refusal
                    where day > :since
                    order by last_at desc
                    limit 500
                    """)
                .bind("since", LocalDate.now(ZoneOffset.UTC).minusDays(days))
                .map((row, _) ->
                    new Line(
                        row.getObject("day", LocalDate.class),
                        row.getString("protocol"),
                        row.getString("reason"),
                        row.getLong("count"),
                        row.getTimestamp("last_at").toInstant(),
                        row.getString("detail")))
                .list());
  }

  /** Writes what this process has counted and not written yet. */
  public void flush() {
    write();
  }

  private synchronized void write() {
    var lines = new ArrayList<Map.Entry<Key, Tally>>();
    for (Key key : List.copyOf(waiting.keySet())) {
      Tally tally = waiting.remove(key);
      if (tally != null) {
        lines.add(Map.entry(key, tally));
      }
    }
    if (lines.isEmpty()) {
      return;
    }
    lines.sort(Map.Entry.comparingByKey());
    try {
      database.write(handle -> {
        try {
          return add(handle.getConnection(), lines);
        } catch (SQLException e) {
          throw new IllegalStateException(e);
        }
      });
    } catch (RuntimeException e) {
      LOG.warn("Refusals could not be written, they are tried again: {}", e.getMessage());
      lines.forEach(line -> waiting.merge(line.getKey(), line.getValue(), Tally::plus));
    }
  }

  private static int add(java.sql.Connection connection, List<Map.Entry<Key, Tally>> lines)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into refusal as known (project_id, day, protocol, reason, count, last_at, detail)
            select project_id, day::date, protocol, reason, count, to_timestamp(at / 1000.0), detail
            from unnest(
              ?::uuid[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[])
              as added (project_id, day, protocol, reason, count, at, detail)
            where exists (select from project where project.id = added.project_id)
            on conflict (project_id, day, protocol, reason) do update set
              count = known.count + excluded.count,
              last_at = greatest(known.last_at, excluded.last_at),
              detail = excluded.detail
            """)) {
      new Columns<>(statement, lines)
          .uuids(line -> line.getKey().project())
          .text(line -> line.getKey().day().toString())
          .text(line -> line.getKey().label().protocol().code())
          .text(line -> line.getKey().label().reason().code())
          .longs(line -> line.getValue().count())
          .longs(line -> line.getValue().lastAt().toEpochMilli())
          .text(line -> line.getValue().detail());
      return statement.executeUpdate();
    }
  }

  /** Writes what waits. */
  @Override
  public void close() {
    writer.close();
    write();
  }
}
