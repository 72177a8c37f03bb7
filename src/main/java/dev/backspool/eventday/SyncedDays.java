package dev.backspool.eventday;

import dev.backspool.sync.Mapping;
import dev.backspool.sync.PastEvents;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The days of the archive as the sync reads them. */
public final class SyncedDays implements PastEvents {
  private final DayFiles files;

  public SyncedDays(DayFiles files) {
    this.files = files;
  }

  @Override
  public List<Day> days(Handle handle, UUID project, LocalDate first, int most) {
    return handle
        .createQuery(
            """
            select day, object, event_count, first_id, last_id from event_day
            where project_id = :project and day >= :first
            order by day
            limit :most
            """)
        .bind("project", project)
        .bind("first", first)
        .bind("most", most)
        .map((row, _) ->
            new Day(
                row.getObject("day", LocalDate.class),
                row.getString("object"),
                row.getLong("event_count"),
                row.getLong("first_id"),
                row.getLong("last_id")))
        .list();
  }

  @Override
  public Reader open(Handle handle, UUID project, Day day, Mapping mapping) {
    @Nullable EventDay found =
        EventDays.find(handle, project, day.day())
            .filter(each -> each.object().equals(day.edition()))
            .orElse(null);
    return new Reader() {
      private final EventValues values = new EventValues(mapping);
      private @Nullable DayReader reader;

      @Override
      public List<Event> next() throws IOException {
        byte[] block = opened().nextBlock();
        var events = new ArrayList<Event>();
        if (block != null) {
          values.read(block, events);
        }
        return events;
      }

      private DayReader opened() throws IOException {
        DayReader open = reader;
        if (open == null) {
          if (found == null) {
            throw new IOException("the day " + day.day() + " has changed");
          }
          open = files.open(found);
          reader = open;
        }
        return open;
      }
    };
  }
}
