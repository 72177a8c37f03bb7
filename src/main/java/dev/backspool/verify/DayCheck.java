package dev.backspool.verify;

import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.StoredObject;
import dev.backspool.eventday.DamagedDay;
import dev.backspool.eventday.DayAway;
import dev.backspool.eventday.DayFiles;
import dev.backspool.eventday.EventDay;
import dev.backspool.eventday.EventDays;
import dev.backspool.eventday.EventLine;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.LostKey;
import dev.backspool.session.Mark;
import dev.backspool.verify.Finding.Place;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Looks at archived days of events: whether each object is what was written, and whether it names
 * anybody who was erased.
 */
final class DayCheck {
  private static final int PAGE = 20;
  private static final LocalDate FIRST = LocalDate.of(2000, 1, 1);
  private static final UUID FIRST_PROJECT = new UUID(0, 0);

  /** Names that are hashed and asked for together. */
  private static final int NAMES = 5_000;

  private static final String ADVICE =
      "Put the object back under its key, from a backup of the archive. Until then the day cannot be"
          + " brought to a columnar store that is filled anew; or let it go: delete its row of"
          + " event_day.";

  private final Database database;
  private final Archives archives;
  private final DayFiles files;
  private final ErasureCheck erasures;
  private final @Nullable UUID only;
  private final boolean quick;
  private final Tally tally;

  DayCheck(
      Database database,
      Archives archives,
      ErasureCheck erasures,
      @Nullable UUID only,
      boolean quick,
      Tally tally) {
    this.database = database;
    this.archives = archives;
    this.files = new DayFiles(archives, new DataKeys(database));
    this.erasures = erasures;
    this.only = only;
    this.quick = quick;
    this.tally = tally;
  }

  /** Goes through all days. */
  void walk(ReferenceCheck.Seen seen, ArchiveWalk.Pause pause)
      throws ArchiveUnavailable, InterruptedException {
    UUID project = only == null ? FIRST_PROJECT : only;
    LocalDate day = FIRST;
    while (true) {
      UUID behind = project;
      LocalDate after = day;
      List<EventDay> days =
          database.snapshot(handle -> EventDays.behind(handle, behind, after, PAGE));
      for (EventDay each : days) {
        if (only != null && !each.project().equals(only)) {
          return;
        }
        tally.objects.incrementAndGet();
        List<Suspicion> suspicions = look(each);
        if (!suspicions.isEmpty()) {
          seen.add(() -> again(each), suspicions);
        }
        pause.orEnd();
      }
      if (days.size() < PAGE) {
        return;
      }
      project = days.getLast().project();
      day = days.getLast().day();
    }
  }

  /** A day may have been written anew since, or have ended. */
  private List<Suspicion> again(EventDay before) throws ArchiveUnavailable {
    Optional<EventDay> now =
        database.snapshot(handle -> EventDays.find(handle, before.project(), before.day()));
    return now.isEmpty() ? List.of() : look(now.get());
  }

  private List<Suspicion> look(EventDay day) throws ArchiveUnavailable {
    Place place = Place.object(day.project(), null, day.object());
    try {
      Optional<StoredObject> stored = archives.main().find(day.key());
      if (stored.isEmpty()) {
        return lost(Kind.OBJECT_MISSING, place, "The archive has no such object; " + held(day));
      }
      if (stored.get().size() != day.bytes()) {
        return lost(
            Kind.OBJECT_DAMAGED,
            place,
            "It has %,d of %,d bytes; %s".formatted(stored.get().size(), day.bytes(), held(day)));
      }
      return quick ? List.of() : Share.of(() -> read(day, place));
    } catch (LostKey lost) {
      return lost(Kind.KEY_LOST, place, sentence(lost) + "; " + held(day));
    } catch (DamagedDay damage) {
      return lost(Kind.OBJECT_DAMAGED, place, sentence(damage) + "; " + held(day));
    } catch (DayAway away) {
      archives.main().check(); // One object, or all of them?
      return lost(Kind.OBJECT_UNCHECKED, place, sentence(away) + "; " + held(day));
    } catch (IOException failure) {
      return lost(Kind.OBJECT_DAMAGED, place, sentence(failure) + "; " + held(day));
    }
  }

  private List<Suspicion> read(EventDay day, Place place) throws IOException {
    var names = new Names(day.project());
    files.check(day, names::add);
    names.ask();
    tally.bytes.addAndGet(day.bytes());
    var found = new ArrayList<Suspicion>();
    if (names.hasErasedSession) {
      found.add(erased(place, "session", day));
    }
    if (names.hasErasedPerson) {
      found.add(erased(place, "person", day));
    }
    return found;
  }

  private static Suspicion erased(Place place, String what, EventDay day) {
    return Suspicion.of(
        Kind.ERASED_THERE,
        place,
        "A %s that was erased is there, in the archived events of %s".formatted(what, day.day()));
  }

  private static List<Suspicion> lost(Kind kind, Place place, String message) {
    Suspicion suspicion = Suspicion.of(kind, place, message);
    return List.of(kind == Kind.OBJECT_UNCHECKED ? suspicion : suspicion.withAdvice(ADVICE));
  }

  private static String held(EventDay day) {
    return "it should hold %s of %s".formatted(Words.count(day.events(), "event"), day.day());
  }

  private static String sentence(Exception failure) {
    return Words.sentence(String.valueOf(failure.getMessage()));
  }

  /** Holds the names in a day against the tombstones of its project, some thousands at a time. */
  private final class Names {
    private final UUID project;
    private final byte @Nullable [] secret;
    private final Set<String> sessions = new HashSet<>();
    private final Set<String> people = new HashSet<>();
    private boolean hasErasedSession;
    private boolean hasErasedPerson;

    Names(UUID project) {
      this.project = project;
      secret = erasures.secret(project).orElse(null);
    }

    void add(EventLine line) {
      if (secret == null) {
        return; // Nothing was ever erased.
      }
      String session = line.session();
      if (session != null) {
        sessions.add(session);
      }
      String profile = line.profile();
      if (profile != null && line.isNamed()) {
        people.add(profile);
      }
      if (sessions.size() + people.size() >= NAMES) {
        ask();
      }
    }

    void ask() {
      hasErasedSession |= hasErased(Mark.Kind.SESSION, sessions);
      hasErasedPerson |= hasErased(Mark.Kind.PROFILE, people);
      sessions.clear();
      people.clear();
    }

    private boolean hasErased(Mark.Kind kind, Set<String> names) {
      return secret != null && !erasures.erased(project, secret, kind, names).isEmpty();
    }
  }
}
