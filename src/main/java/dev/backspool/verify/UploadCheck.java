package dev.backspool.verify;

import dev.backspool.postgres.Database;
import dev.backspool.verify.SessionState.Tab;
import dev.backspool.verify.Uploads.Upload;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Looks whether all uploads of a session are there: each tab numbers its own from 0 without holes,
 * and its row and the session's tell how many there were. No count is lowered that may be the only
 * one to tell of a loss.
 */
final class UploadCheck {
  /** More missing numbers of a tab are not held; a count that is far off has billions. */
  private static final int MOST_MISSING = 100_000;

  private final Mendings mendings;
  private final SessionState session;
  private final Uploads uploads;
  private final boolean whole;
  private final boolean quick;
  private final LostUploads lost;
  private final Map<String, TabUploads> tabs = new TreeMap<>();
  private final List<Suspicion> found = new ArrayList<>();

  /**
   * Looks at nothing yet.
   *
   * @param whole whether nothing of the session is known to be lost so far
   * @param quick whether payloads were not opened, so that their rows are believed
   */
  UploadCheck(
      Database database,
      Mendings mendings,
      SessionState session,
      Uploads uploads,
      boolean whole,
      boolean quick) {
    this.mendings = mendings;
    this.session = session;
    this.uploads = uploads;
    this.whole = whole;
    this.quick = quick;
    this.lost = new LostUploads(database, session, uploads);
  }

  /**
   * The uploads of a tab.
   *
   * @param byOrdinal one of each number
   * @param next the number after the highest, or how many there are where some share a number
   * @param missing numbers below it that there are no uploads of
   * @param counted how many the tab's row tells of
   */
  private record TabUploads(
      NavigableMap<Integer, Upload> byOrdinal, int next, Set<Integer> missing, int counted) {
    /** How many more the row tells of than there can be numbers for. */
    int beyond() {
      return Math.max(0, counted - next);
    }
  }

  List<Suspicion> look() {
    gather();
    int inside = tabs.values().stream().mapToInt(tab -> tab.missing().size()).sum();
    int beyond = tabs.values().stream().mapToInt(TabUploads::beyond).sum();
    int unread = uploads.unread();
    if (unread > 0) {
      if (inside + beyond > unread) {
        String message =
            "%s cannot be found, %,d of them not in the objects that cannot be opened either"
                .formatted(Words.count(inside + beyond, "upload"), inside + beyond - unread);
        found.add(Suspicion.of(Kind.UPLOADS_MISSING, session.place(), message));
      }
      return found;
    }
    // A tab's row alone that tells of more than there are is wrong, when the session's does not.
    boolean lostAtTheEnd = session.chunkCount() != uploads.count() + inside;
    tabs.forEach((name, tab) -> missing(name, tab, lostAtTheEnd));
    counts(uploads.count() + inside + (lostAtTheEnd ? beyond : 0), inside + beyond == 0);
    return found;
  }

  private void gather() {
    Map<String, Integer> rows = new HashMap<>();
    session.tabs().forEach(tab -> rows.put(tab.id(), tab.chunkCount()));
    Map<String, List<Upload>> byTab = uploads.tabs();
    byTab.forEach((name, ofTab) -> {
      if (!rows.containsKey(name)) {
        noRow(name, ofTab);
      }
      tabs.put(name, tab(name, ofTab, rows.getOrDefault(name, 0)));
    });
    for (Tab row : session.tabs()) {
      tabs.computeIfAbsent(row.id(), name -> tab(name, List.of(), row.chunkCount()));
    }
  }

  private TabUploads tab(String name, List<Upload> ofTab, int counted) {
    var byOrdinal = new TreeMap<Integer, Upload>();
    var twice = new TreeSet<Integer>();
    for (Upload upload : ofTab) {
      if (byOrdinal.putIfAbsent(upload.ordinal(), upload) != null) {
        twice.add(upload.ordinal());
      }
    }
    if (!twice.isEmpty()) {
      found.add(
          Suspicion.of(
              Kind.ORDINAL_TWICE,
              session.place().inTab(name),
              "More than one upload of the tab has the number " + Words.ranges(twice)));
    }
    int next = byOrdinal.isEmpty() ? 0 : Math.max(byOrdinal.lastKey() + 1, ofTab.size());
    var missing = new TreeSet<Integer>();
    int expected = 0;
    for (int ordinal : byOrdinal.keySet()) {
      for (; expected < ordinal && missing.size() < MOST_MISSING; expected++) {
        missing.add(expected);
      }
      expected = ordinal + 1;
    }
    return new TabUploads(byOrdinal, next, missing, counted);
  }

  private void noRow(String name, List<Upload> ofTab) {
    int next = ofTab.stream().mapToInt(Upload::ordinal).max().orElse(-1) + 1;
    Long shiftMs =
        ofTab.stream().map(Upload::shiftMs).filter(Objects::nonNull).findFirst().orElse(null);
    found.add(
        Suspicion.of(
            Kind.TAB_MISSING,
            session.place().inTab(name),
            "%s belong to a tab that has no row: they do not play"
                .formatted(Words.count(ofTab.size(), "upload")),
            () -> mendings.addTab(session.project(), session.id(), name, next, shiftMs)));
  }

  private void missing(String name, TabUploads tab, boolean lostAtTheEnd) {
    var missing = new TreeSet<>(tab.missing());
    if (tab.counted() != tab.next() && (tab.counted() < tab.next() || !lostAtTheEnd)) {
      if (session.tabs().stream().anyMatch(row -> row.id().equals(name))) {
        found.add(
            Suspicion.of(
                Kind.TAB_COUNT,
                session.place().inTab(name),
                "Its row tells of %s; the last one has the number %,d"
                    .formatted(Words.count(tab.counted(), "upload"), tab.next() - 1),
                () ->
                    mendings.setTabCount(
                        session.project(), session.id(), name, tab.counted(), tab.next())));
      }
    } else {
      for (int ordinal = tab.next();
          ordinal < tab.counted() && missing.size() < MOST_MISSING;
          ordinal++) {
        missing.add(ordinal);
      }
    }
    if (!missing.isEmpty()) {
      String message =
          "Of %s, %s in PostgreSQL no more and in no object: %s%s"
              .formatted(
                  Words.count(Math.max(tab.counted(), tab.next()), "upload"),
                  missing.size() == 1 ? "1 is" : "%,d are".formatted(missing.size()),
                  Words.ranges(missing),
                  lost.named(tab.byOrdinal(), missing));
      found.add(Suspicion.of(Kind.UPLOADS_MISSING, session.place().inTab(name), message));
    }
  }

  /**
   * The session's own counts.
   *
   * @param chunks how many uploads there were
   * @param complete whether all of them are there
   */
  private void counts(int chunks, boolean complete) {
    long events = uploads.all().stream().mapToLong(Upload::events).sum();
    boolean eventsKnown = complete && whole;
    // What a recorder sent twice was counted twice, and is archived once.
    if (eventsKnown && session.eventCount() > events && !session.parts().isEmpty()) {
      events = lost.eventsAsUploaded(session.eventCount(), events);
    }
    if (session.chunkCount() == chunks && (!eventsKnown || session.eventCount() == events)) {
      return;
    }
    long right = eventsKnown ? events : session.eventCount();
    String message =
        "Its row tells of %s with %s; there are %,d with %,d"
            .formatted(
                Words.count(session.chunkCount(), "upload"),
                Words.count(session.eventCount(), "event"),
                chunks,
                right);
    Suspicion wrong =
        Suspicion.of(
            Kind.UPLOAD_COUNT,
            session.place(),
            message,
            () -> mendings.setUploadCount(session, chunks, right));
    found.add(
        quick
            ? Suspicion.of(Kind.UPLOAD_COUNT, session.place(), message)
                .withAdvice("--repair without --quick counts again.")
            : wrong);
  }
}
