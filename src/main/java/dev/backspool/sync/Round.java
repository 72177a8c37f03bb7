package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.Lease;
import dev.backspool.sync.Changes.Day;
import dev.backspool.sync.Changes.Piece;
import dev.backspool.sync.SinkException.Kind;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one sink up to date with one project, for a while. Whoever does it has the lease of the
 * two and keeps what it knows of them here.
 */
final class Round {
  private static final Logger LOG = LoggerFactory.getLogger(Round.class);

  /** After so long the others get their turn, however much is left. */
  private static final long SLICE_NANOS = 1_000_000_000;

  private final Database database;
  private final Cursors cursors;
  private final Place place;
  private final Sink sink;
  private final Held lease;
  private final Settings settings;
  private final Watcher watcher;
  private final PastEvents past;
  private final Quarantine quarantine;
  private final Delivery delivery;
  private final PastLoad pastLoad;
  private @Nullable Waiting waiting;

  /** What is brought where. */
  record Place(UUID sink, UUID project) {}

  /**
   * Does nothing yet.
   *
   * @param fingerprint of the connection of the sink
   * @param lease of the sink and project, held
   */
  Round(
      Database database,
      List<Mapping> mappings,
      Place place,
      Sink sink,
      String fingerprint,
      Held lease,
      Settings settings,
      Watcher watcher,
      PastEvents past) {
    this.database = database;
    this.place = place;
    this.sink = sink;
    this.lease = lease;
    this.settings = settings;
    this.watcher = watcher;
    this.past = past;
    pastLoad = new PastLoad(database, past, place.project());
    cursors = new Cursors(database, mappings, fingerprint);
    quarantine = new Quarantine(database, place.sink(), place.project(), mappings);
    delivery = new Delivery(sink, quarantine, lease::keep);
  }

  /**
   * Goes on for a while.
   *
   * @param paused stages that are not to be done; asked before each page
   * @return whether something was left
   * @throws SinkException when the sink takes nothing for now
   * @throws Lease.Lost when another node does this by now
   */
  boolean run(Supplier<Paused> paused) throws SinkException {
    if (!hasProject()) {
      return remove();
    }
    boolean isLeft = false;
    @Nullable SinkException refusal = null;
    @Nullable RuntimeException failure = null;
    for (Cursor cursor : cursors.open(lease.lease(), place.sink(), place.project())) {
      if (!cursor.isDue()) {
        continue;
      }
      try {
        Cursor now = follow(begin(cursor), paused);
        now = now.isLoading() ? load(now, paused) : now;
        isLeft |=
            (now.target() != null && !paused.get().tail())
                || (now.isLoading() && !paused.get().load());
      } catch (SinkException away) {
        switch (away.kind()) {
          case SCHEMA_DRIFT -> stop(cursor, String.valueOf(away.getMessage()));
          case REFUSED, REFUSED_ROW -> refusal = away;
          case UNREACHABLE -> throw away;
        }
      } catch (Cursors.Moved moved) {
        isLeft = true;
      } catch (Rows.Foreign foreign) {
        stop(cursor, String.valueOf(foreign.getMessage()));
      } catch (DatabaseUnavailable | Lease.Lost ends) {
        throw ends;
      } catch (RuntimeException unexpected) {
        LOG.error(
            "{} of project {} do not get on to sink {}",
            cursor.mapping(),
            place.project(),
            place.sink(),
            unexpected);
        if (unexpected instanceof Unreadable) {
          cursors.unreadable(lease.lease(), cursor, String.valueOf(unexpected.getMessage()));
        }
        failure = unexpected;
      }
    }
    if (refusal != null) {
      throw refusal;
    }
    if (failure != null) {
      throw failure;
    }
    return isLeft;
  }

  /** Whether a newer program works there as well. */
  boolean hasNewer() {
    return cursors.hasNewer();
  }

  private boolean hasProject() {
    return database.write(handle ->
        handle
            .createQuery("select exists (select from project where id = :project)")
            .bind("project", place.project())
            .mapTo(Boolean.class)
            .one());
  }

  private void stop(Cursor cursor, String why) {
    LOG.warn(
        "{} of project {} stop at sink {}: {}",
        cursor.mapping(),
        place.project(),
        place.sink(),
        why);
    cursors.stop(lease.lease(), cursor, why);
  }

  /**
   * Tells the sink of a load that begins. Where it had loads in another life, which nobody here
   * knows of any more, this one begins above them: else what it brings would be taken for old, and
   * what was deleted meanwhile would stay.
   */
  private Cursor begin(Cursor cursor) throws SinkException {
    if (!cursor.isLoading() || cursor.hasBegun()) {
      return cursor;
    }
    Mapping mapping = cursor.mapping();
    if (cursor.generation() > 1 && !sink.prepare(List.of(mapping)).isEmpty()) {
      // All projects lost what they had in that table.
      database.write(handle -> {
        Cursors.reload(handle, place.sink(), null, mapping.id());
        return true;
      });
      throw new Cursors.Moved(cursor);
    }
    long known = sink.begin(place.project(), mapping, cursor.version(0));
    if (known >= cursor.version(0)) {
      cursors.beginAbove(lease.lease(), cursor, known);
      throw new Cursors.Moved(cursor);
    }
    cursors.begun(lease.lease(), cursor);
    return cursor.begun();
  }

  private record Step(Piece piece, Page page) {}

  /** Follows what changes, a page after the other. */
  private Cursor follow(Cursor cursor, Supplier<Paused> paused) throws SinkException {
    Cursor at = cursor;
    boolean isBehind = cursor.target() != null || cursor.hasChanges();
    long end = System.nanoTime() + SLICE_NANOS;
    @Nullable Ahead<Step> ahead = null;
    while (isBehind && !paused.get().tail() && System.nanoTime() < end) {
      Step step = ahead == null ? read(at) : ahead.take();
      Cursor next = step.piece().next();
      isBehind = next.target() != null;
      ahead = isBehind ? Ahead.begin(() -> read(next)) : null;
      bring(step, at);
      at = next;
    }
    return at;
  }

  private Step read(Cursor cursor) {
    Mapping mapping = cursor.mapping();
    Drawn drawn =
        database.view(handle -> {
          if (mapping.source() == Source.EVENT) {
            EventTable.hold(handle);
          }
          return draw(handle, cursor);
        });
    addPast(drawn, new PastRows(past, database, place.project(), mapping));
    if (!drawn.draft().left().isEmpty()) {
      // A day that ends gives some of its events back, perhaps between the two looks.
      drawn
          .draft()
          .addRows(
              database.view(handle -> {
                EventTable.hold(handle);
                return back(handle, drawn.draft(), mapping);
              }));
    }
    return drawn.step();
  }

  private List<Rows.Read> back(Handle handle, Pages.Draft draft, Mapping mapping) {
    try {
      return new Rows(handle.getConnection(), place.project(), mapping).of(draft.left());
    } catch (SQLException failure) {
      throw new Unreadable(mapping, failure);
    }
  }

  /**
   * Brings there all that a snapshot sees, and keeps no time.
   *
   * @param handle in a transaction that sees one snapshot
   * @return the mappings that have got there, and of others why they have not
   */
  Map<Mapping, Optional<String>> catchUp(Handle handle) throws SinkException {
    Snapshot end = Changes.current(handle);
    var reached = new HashMap<Mapping, Optional<String>>();
    for (Mapping mapping : cursors.mappings()) {
      reached.put(mapping, Optional.of("It was stopped: see the status"));
    }
    for (Cursor cursor : cursors.open(lease.lease(), place.sink(), place.project())) {
      if (cursor.isLoading()) {
        reached.put(cursor.mapping(), Optional.of("It is being loaded"));
        continue;
      }
      Cursor at = cursor;
      try {
        do {
          Step step = step(handle, at);
          bring(step, at);
          at = step.piece().next();
        } while (at.target() != null || !at.snapshot().equals(end));
        reached.put(cursor.mapping(), Optional.empty());
      } catch (SinkException drift) {
        if (drift.kind() != Kind.SCHEMA_DRIFT) {
          throw drift;
        }
        stop(cursor, String.valueOf(drift.getMessage()));
      }
    }
    return reached;
  }

  /** Brings a page there, and keeps the cursor behind it. */
  private void bring(Step step, Cursor cursor) throws SinkException {
    lease.keep();
    watcher.at("read");
    for (Day day : step.piece().days()) {
      lease.keep();
      waiting = null;
      sink.removeReceived(place.project(), cursor.mapping(), day.from(), day.until());
    }
    delivery.deliver(step.page());
    watcher.at("applied");
    cursors.save(lease.lease(), step.piece().next(), step.page().rows().size());
    Instant since = step.piece().since();
    if (since != null) {
      watcher.delivered(place, cursor.mapping(), step.page().rows().size(), since);
    }
  }

  private Step step(Handle handle, Cursor cursor) {
    Drawn drawn = draw(handle, cursor);
    addPast(drawn, new PastRows(past, handle, place.project(), cursor.mapping()));
    return drawn.step();
  }

  /** A piece, and what of its rows is in PostgreSQL. */
  private record Drawn(Piece piece, Pages.Draft draft) {
    Step step() {
      return new Step(piece, draft.page());
    }
  }

  private Drawn draw(Handle handle, Cursor cursor) {
    Mapping mapping = cursor.mapping();
    var rows = new Rows(handle.getConnection(), place.project(), mapping);
    Piece piece = new Changes(handle, cursor).next(settings.pageRows(mapping));
    try {
      Pages.Draft draft = Pages.of(rows, piece, cursor);
      settings.note(mapping, draft.rows(), rows.bytes());
      return new Drawn(piece, draft);
    } catch (SQLException failure) {
      throw new Unreadable(mapping, failure);
    }
  }

  private void addPast(Drawn drawn, PastRows pastRows) {
    List<Long> ids = drawn.draft().left().stream().map(key -> (Long) key.getFirst()).toList();
    if (ids.isEmpty()) {
      return;
    }
    try {
      drawn.draft().addPast(pastRows.of(ids).values());
    } catch (IOException failure) {
      throw new Unreadable(drawn.piece().next().mapping(), failure);
    }
  }

  private Page sized(Rows rows, Page page) {
    settings.note(page.mapping(), page.rows().size(), rows.bytes());
    return page;
  }

  /** PostgreSQL does not give the rows of a mapping, or the archive those that left it. */
  static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unreadable(Mapping mapping, Exception cause) {
      super("%s cannot be read: %s".formatted(mapping, cause.getMessage()), cause);
    }
  }

  /**
   * A page of a load.
   *
   * @param next where to go on; null behind the last
   */
  private record Loaded(Page page, @Nullable List<String> next) {}

  /** A page of a load that is read ahead of its turn. */
  private record Waiting(Cursor cursor, Ahead<Loaded> page) {
    boolean isAt(Cursor at) {
      return cursor.mapping().equals(at.mapping())
          && cursor.generation() == at.generation()
          && Objects.equals(cursor.loadAfter(), at.loadAfter());
    }
  }

  /**
   * Loads all rows, a page after the other, and has the sink remove what was not among them. Of
   * events those come first that are in PostgreSQL, and then those that have left it.
   */
  private Cursor load(Cursor cursor, Supplier<Paused> paused) throws SinkException {
    Cursor at = cursor;
    long end = System.nanoTime() + SLICE_NANOS;
    while (at.isLoading() && !paused.get().load() && System.nanoTime() < end) {
      lease.keep();
      Loaded some = next(at);
      Cursor next = some.next() == null ? at.loaded() : at.loaded(some.next());
      watcher.at("loaded");
      delivery.deliver(some.page());
      if (!next.isLoading()) {
        sink.removeStale(place.project(), cursor.mapping(), cursor.version(0));
        quarantine.releaseOlder(cursor);
      }
      watcher.at("load applied");
      cursors.save(lease.lease(), next, some.page().rows().size());
      watcher.loaded(place, cursor.mapping(), some.page().rows().size());
      at = next;
    }
    return at;
  }

  /**
   * The next page, and begins to read the one after it. That one may wait for long until it is its
   * turn: rows that change or go meanwhile come with higher versions. What does not is a time that
   * is forgotten as a whole; see {@link #bring}.
   */
  private Loaded next(Cursor from) {
    Waiting known = waiting;
    waiting = null;
    Loaded page = known != null && known.isAt(from) ? known.page().take() : load(from);
    List<String> next = page.next();
    if (next != null) {
      Cursor behind = from.loaded(next);
      waiting = new Waiting(behind, Ahead.begin(() -> load(behind)));
    }
    return page;
  }

  private Loaded load(Cursor cursor) {
    PastPlace there = PastPlace.of(cursor.loadAfter());
    return there == null ? database.view(handle -> loaded(handle, cursor)) : loaded(there, cursor);
  }

  private Loaded loaded(Handle handle, Cursor cursor) {
    Mapping mapping = cursor.mapping();
    var rows = new Rows(handle.getConnection(), place.project(), mapping);
    int most = settings.loadRows(mapping, sink.mostLoadRows());
    try {
      List<Rows.Read> some = rows.after(cursor.loadAfter(), most, Settings.LOAD_BYTES);
      List<String> next =
          rows.isCut()
              ? rows.last(some.getLast())
              : mapping.source() == Source.EVENT ? PastPlace.START.loadAfter() : null;
      return new Loaded(sized(rows, Pages.of(rows, some, cursor)), next);
    } catch (SQLException failure) {
      throw new Unreadable(mapping, failure);
    }
  }

  /** What has left PostgreSQL, each row below all changes of this load. */
  private Loaded loaded(PastPlace from, Cursor cursor) {
    Mapping mapping = cursor.mapping();
    try {
      List<PastEvents.Event> events =
          pastLoad.next(from, mapping, settings.loadRows(mapping, sink.mostLoadRows()));
      List<String> next =
          events.isEmpty()
              ? null
              : new PastPlace(events.getLast().receivedAt(), events.getLast().id()).loadAfter();
      settings.note(
          mapping, events.size(), events.stream().mapToLong(PastEvents.Event::bytes).sum());
      return new Loaded(Pages.of(events, cursor), next);
    } catch (IOException failure) {
      throw new Unreadable(mapping, failure);
    }
  }

  /**
   * Removes all that the sink has of a project that was deleted. Done a second time a while later:
   * somebody who lost the lease long ago might have been writing still.
   */
  private boolean remove() throws SinkException {
    for (Mapping mapping : cursors.mappings()) {
      lease.keep();
      try {
        sink.removeStale(place.project(), mapping, Long.MAX_VALUE);
      } catch (SinkException failure) {
        if (failure.kind() != Kind.SCHEMA_DRIFT) { // What has no table holds nothing.
          throw failure;
        }
      }
    }
    cursors.removed(lease.lease(), place.sink(), place.project());
    return false;
  }
}
