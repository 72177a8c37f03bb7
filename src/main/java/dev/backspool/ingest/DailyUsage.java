package dev.backspool.ingest;

import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a transaction stores, by project and UTC day, added to the usage that is kept of each day.
 */
public final class DailyUsage {
  private record Day(UUID project, LocalDate day) implements Comparable<Day> {
    @Override
    public int compareTo(Day other) {
      int byProject = project.compareTo(other.project);
      return byProject != 0 ? byProject : day.compareTo(other.day);
    }
  }

  private static final class Sums {
    long chunks;
    long rawBytes;
    long events;
  }

  private final Map<Day, Sums> days = new TreeMap<>();

  /** Counts a chunk of so many uncompressed bytes. */
  public void addChunk(UUID project, Instant receivedAt, long rawBytes) {
    Sums sums = of(project, receivedAt);
    sums.chunks++;
    sums.rawBytes += rawBytes;
  }

  /** Counts an event. */
  public void addEvent(UUID project, Instant receivedAt) {
    of(project, receivedAt).events++;
  }

  private Sums of(UUID project, Instant receivedAt) {
    var day = new Day(project, LocalDate.ofInstant(receivedAt, ZoneOffset.UTC));
    return days.computeIfAbsent(day, _ -> new Sums());
  }

  /** Adds the sums, one statement for all days. */
  public void write(Connection connection) throws SQLException {
    if (days.isEmpty()) {
      return;
    }
    try (var statement =
        connection.prepareStatement(
            """
            insert into usage as known (project_id, day, chunks, raw_bytes, events)
            select project_id, day::date, chunks, raw_bytes, events
            from unnest(?::uuid[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[])
              as added (project_id, day, chunks, raw_bytes, events)
            on conflict (project_id, day) do update set
              chunks = known.chunks + excluded.chunks,
              raw_bytes = known.raw_bytes + excluded.raw_bytes,
              events = known.events + excluded.events
            """)) {
      new Columns<>(statement, List.copyOf(days.entrySet()))
          .uuids(entry -> entry.getKey().project())
          .text(entry -> entry.getKey().day().toString())
          .longs(entry -> entry.getValue().chunks)
          .longs(entry -> entry.getValue().rawBytes)
          .longs(entry -> entry.getValue().events);
      statement.executeUpdate();
    }
  }
}
