package dev.backspool.retention;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Drops the day partitions of chunks that are over, and empty: all in them left for the archive.
 */
final class PastChunkDays {
  private static final DayPartitions PARTITIONS = new DayPartitions("chunk");

  private PastChunkDays() {}

  /**
   * Drops them.
   *
   * @return partitions that were in use all the time
   */
  static List<String> drop(Work work, Instant now) {
    LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    var busy = new ArrayList<String>();
    for (LocalDate day : work.read(PARTITIONS::days)) {
      if (day.isBefore(today) && isEmpty(work, day) && !drop(work, day)) {
        busy.add(PARTITIONS.of(day));
      }
    }
    return busy;
  }

  private static boolean isEmpty(Work work, LocalDate day) {
    return work.readLong(handle ->
        handle
            .createQuery("select not exists (select from " + PARTITIONS.of(day) + ")")
            .mapTo(Boolean.class)
            .one());
  }

  /**
   * The lock on the one day keeps writers out of it, of which there are none, while it is looked at
   * again: the short moment that stops everybody has no time for that.
   */
  private static boolean drop(Work work, LocalDate day) {
    String name = PARTITIONS.of(day);
    try {
      return DayPartitions.tryOften(() ->
          work.change(
              Map.of(),
              handle -> {
                DayPartitions.waitBriefly(handle);
                handle.execute("lock table only " + name + " in share mode");
                boolean empty =
                    handle
                        .createQuery("select not exists (select from " + name + ")")
                        .mapTo(Boolean.class)
                        .one();
                if (!empty) {
                  throw new DayPartitions.InUse();
                }
                PARTITIONS.detach(handle, day);
                PARTITIONS.drop(handle, day);
                return Map.of();
              }));
    } catch (DayPartitions.InUse _) {
      return true;
    }
  }
}
