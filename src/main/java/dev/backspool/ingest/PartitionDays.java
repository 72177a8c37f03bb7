package dev.backspool.ingest;

import dev.backspool.postgres.Database;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** Makes the day partitions of chunks and events ahead of time. */
public final class PartitionDays implements AutoCloseable {
  private static final int AHEAD = 3;

  private final Database database;
  private final Periodic timer;

  /** Makes what is missing now, and from then on every hour. */
  public PartitionDays(Database database) {
    this.database = database;
    add();
    timer = new Periodic("partition-days", Duration.ofHours(1), this::add);
  }

  private void add() {
    LocalDate today = LocalDate.now(ZoneOffset.UTC);
    database.own(handle -> {
      for (int day = 0; day < AHEAD; day++) {
        handle
            .createQuery("select add_chunk_day(:day), add_event_day(:day)")
            .bind("day", today.plusDays(day))
            .mapTo(String.class)
            .list();
      }
      return AHEAD;
    });
  }

  @Override
  public void close() {
    timer.close();
  }
}
