package dev.backspool.transfer;

import dev.backspool.eventday.DayFiles;
import dev.backspool.eventday.DayReader;
import dev.backspool.eventday.EventDay;
import dev.backspool.eventday.EventDays;
import dev.backspool.eventday.EventLine;
import dev.backspool.postgres.Database;
import dev.backspool.transfer.EntryReader.Line;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Events that the project has already, in the archive. A file has its events in the order in which
 * days have theirs, so a day is read along with the file's entries, once. One thread.
 */
final class KnownDays {
  private final Database database;
  private final DayFiles files;
  private @Nullable Open open;

  KnownDays(Database database, DayFiles files) {
    this.database = database;
    this.files = files;
  }

  /** A day that is being read, up to a line that was not asked for yet. */
  private static final class Open {
    private final EventDay day;
    private final DayReader reader;
    private Optional<EventLine> next;

    /** The last one that was passed. */
    private @Nullable EventLine passed;

    Open(EventDay day, DayReader reader) throws IOException {
      this.day = day;
      this.reader = reader;
      next = reader.next();
    }

    /** Whether the day has an event that comes after all that were asked for. */
    boolean has(EventLine wanted) throws IOException {
      while (next.isPresent() && EventLine.ORDER.compare(next.get(), wanted) < 0) {
        passed = next.get();
        next = reader.next();
      }
      return next.isPresent() && EventLine.ORDER.compare(next.get(), wanted) == 0;
    }

    boolean hasPassed(EventLine wanted) {
      return passed != null && EventLine.ORDER.compare(passed, wanted) >= 0;
    }
  }

  /**
   * The lines that tell of others; those that are no events are among them, as the database says
   * so.
   *
   * @throws UncheckedIOException when a day cannot be read
   */
  List<Line> without(UUID project, List<Line> lines) {
    Map<LocalDate, List<Asked>> byDay = new TreeMap<>();
    for (int i = 0; i < lines.size(); i++) {
      int place = i;
      parse(lines.get(i))
          .ifPresent(event ->
              byDay
                  .computeIfAbsent(
                      LocalDate.ofInstant(event.receivedAt(), ZoneOffset.UTC),
                      _ -> new ArrayList<>())
                  .add(new Asked(place, event)));
    }
    var known = new BitSet();
    try {
      for (Map.Entry<LocalDate, List<Asked>> day : byDay.entrySet()) {
        Optional<EventDay> archived =
            database.write(handle -> EventDays.find(handle, project, day.getKey()));
        if (archived.isPresent()) {
          lookUp(archived.get(), day.getValue(), known);
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return IntStream.range(0, lines.size())
        .filter(place -> !known.get(place))
        .mapToObj(lines::get)
        .toList();
  }

  private record Asked(int place, EventLine event) {}

  private void lookUp(EventDay day, List<Asked> asked, BitSet known) throws IOException {
    asked.sort(Comparator.comparing(Asked::event, EventLine.ORDER));
    for (Asked each : asked) {
      known.set(each.place(), at(day, each.event()).has(each.event()));
    }
  }

  private static Optional<EventLine> parse(Line line) {
    try {
      return Optional.of(EventLine.of(line.json()));
    } catch (IllegalArgumentException none) {
      return Optional.empty();
    }
  }

  private Open at(EventDay day, EventLine wanted) throws IOException {
    Open known = open;
    if (known == null || !known.day.object().equals(day.object()) || known.hasPassed(wanted)) {
      known = new Open(day, files.open(day));
      open = known;
    }
    return known;
  }
}
