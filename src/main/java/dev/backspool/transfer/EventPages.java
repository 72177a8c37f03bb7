package dev.backspool.transfer;

import dev.backspool.eventday.DayFiles;
import dev.backspool.eventday.DayReader;
import dev.backspool.eventday.EventDay;
import dev.backspool.eventday.EventDays;
import dev.backspool.eventday.EventLine;
import dev.backspool.postgres.Database;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A project's events, those in PostgreSQL and those that have left it, page by page in one order.
 * PostgreSQL is asked first: what leaves it between is found where it went. One thread.
 */
final class EventPages {
  /** After every day. */
  private static final LocalDate BEYOND = LocalDate.of(9999, 1, 1);

  private final Database database;
  private final StoredRows rows;
  private final DayFiles files;
  private final UUID project;
  private @Nullable Open open;

  EventPages(Database database, StoredRows rows, DayFiles files, UUID project) {
    this.database = database;
    this.rows = rows;
    this.files = files;
    this.project = project;
  }

  /** A day that is being read: what was taken of it, and what comes next. */
  private static final class Open {
    private final EventDay day;
    private final DayReader reader;
    private final Deque<EventLine> waiting = new ArrayDeque<>();
    private @Nullable EventLine taken;

    Open(EventDay day, DayReader reader) {
      this.day = day;
      this.reader = reader;
    }
  }

  /** The order of events. */
  private record Key(Instant receivedAt, long id) implements Comparable<Key> {
    static Key of(EventLine line) {
      return new Key(line.receivedAt(), line.id());
    }

    static Key behind(Place place) {
      int space = place.after().indexOf(' ');
      return space < 0
          ? new Key(Instant.EPOCH, Long.MIN_VALUE)
          : new Key(
              Instant.parse(place.after().substring(0, space)),
              Long.parseLong(place.after().substring(space + 1)));
    }

    LocalDate day() {
      return LocalDate.ofInstant(receivedAt, ZoneOffset.UTC);
    }

    @Override
    public int compareTo(Key other) {
      int order = receivedAt.compareTo(other.receivedAt);
      return order != 0 ? order : Long.compare(id, other.id);
    }
  }

  /**
   * The next events, a line each, all received on one day; empty when there are no more.
   *
   * @throws IOException when what has left PostgreSQL cannot be read
   */
  List<byte[]> behind(Place place) throws IOException {
    Key behind = Key.behind(place);
    while (true) {
      NavigableMap<LocalDate, String> before = days(behind);
      List<EventLine> here = rows.behind(project, place).stream().map(EventLine::of).toList();
      NavigableMap<LocalDate, String> days = days(behind);
      // A day that ends gives some of its events back to the rows, perhaps after they were read.
      if (days.keySet().containsAll(before.keySet())) {
        Optional<List<EventLine>> gone = gone(behind, place.until(), here, days);
        if (gone.isPresent()) {
          return gone.get().isEmpty()
              ? here.stream().map(EventLine::json).toList()
              : merged(here, gone.get());
        }
      }
    }
  }

  private NavigableMap<LocalDate, String> days(Key behind) {
    return database.write(handle -> EventDays.objects(handle, project, behind.day(), BEYOND));
  }

  /**
   * What has left, of one day and behind a place: as many lines as PostgreSQL's have of a page,
   * none where those are all of an earlier day. Empty when a day has ended meanwhile.
   */
  private Optional<List<EventLine>> gone(
      Key behind, Instant until, List<EventLine> here, Map<LocalDate, String> days)
      throws IOException {
    for (Map.Entry<LocalDate, String> day : days.entrySet()) {
      if (!here.isEmpty() && day.getKey().isAfter(Key.of(here.getFirst()).day())) {
        break;
      }
      Optional<List<EventLine>> page = page(day.getKey(), day.getValue(), behind, until);
      if (page.isEmpty() || !page.get().isEmpty()) {
        return page;
      }
    }
    return Optional.of(List.of());
  }

  private Optional<List<EventLine>> page(LocalDate day, String object, Key behind, Instant until)
      throws IOException {
    Open at = open;
    if (at == null
        || !at.day.object().equals(object)
        || (at.taken != null && Key.of(at.taken).compareTo(behind) > 0)) {
      Optional<EventDay> found = database.write(handle -> EventDays.find(handle, project, day));
      if (found.isEmpty()) {
        return Optional.empty();
      }
      at = new Open(found.get(), files.open(found.get()));
      open = at;
    }
    // What was given and not taken waits to be given again.
    while (!at.waiting.isEmpty() && Key.of(at.waiting.peek()).compareTo(behind) <= 0) {
      at.taken = at.waiting.poll();
    }
    long bytes = at.waiting.stream().mapToLong(line -> line.json().length).sum();
    while (at.waiting.size() < StoredRows.ROWS && bytes < StoredRows.BYTES) {
      Optional<EventLine> next = at.reader.next();
      if (next.isEmpty() || !next.get().receivedAt().isBefore(until)) {
        break;
      }
      if (Key.of(next.get()).compareTo(behind) > 0) {
        at.waiting.add(next.get());
        bytes += next.get().json().length;
      } else {
        at.taken = next.get();
      }
    }
    return Optional.of(List.copyOf(at.waiting));
  }

  /** Up to the end of the shorter page: what the other has behind it is not known. */
  private static List<byte[]> merged(List<EventLine> here, List<EventLine> gone) {
    var merged = new ArrayList<byte[]>();
    LocalDate day = Key.of(gone.getFirst()).day();
    boolean isOneDay = !here.isEmpty() && Key.of(here.getFirst()).day().equals(day);
    if (!isOneDay) {
      return gone.stream().map(EventLine::json).toList();
    }
    int i = 0;
    int j = 0;
    while (i < here.size() && j < gone.size() && merged.size() < StoredRows.ROWS) {
      int order = Key.of(here.get(i)).compareTo(Key.of(gone.get(j)));
      merged.add((order <= 0 ? here.get(i) : gone.get(j)).json());
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return merged;
  }
}
