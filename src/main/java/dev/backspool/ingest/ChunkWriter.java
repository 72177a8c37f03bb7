package dev.backspool.ingest;

import dev.backspool.Visitor;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.Outline;
import dev.backspool.rrweb.Page;
import dev.backspool.rrweb.TimeRange;
import dev.backspool.rrweb.Viewport;
import dev.backspool.session.ClockShift;
import dev.backspool.session.Mark;
import dev.backspool.session.OpenSessions;
import dev.backspool.session.Opener;
import dev.backspool.session.SessionRows;
import dev.backspool.session.SessionRows.Widening;
import dev.backspool.session.Tabs;
import dev.backspool.session.Tombstones;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Commits a group of chunks: receipts, sessions, tabs, pages, payloads and the day's usage in one
 * transaction, a statement for each table. Rows are sorted by key in every statement, so that
 * writers lock in one order.
 */
final class ChunkWriter implements GroupCommit.Writer<StoreChunk, Outcome> {
  private final Database database;
  private final OpenSessions openSessions;

  ChunkWriter(Database database, OpenSessions openSessions) {
    this.database = database;
    this.openSessions = openSessions;
  }

  private record Placed(StoreChunk chunk, UUID session, int ordinal, long shiftMs) {
    long firstMs() {
      TimeRange times = chunk.events().times();
      return times == null ? chunk.receivedAt().toEpochMilli() : inServerTime(times.first());
    }

    long lastMs() {
      TimeRange times = chunk.events().times();
      return times == null ? chunk.receivedAt().toEpochMilli() : inServerTime(times.last());
    }

    long inServerTime(long eventMs) {
      long shifted = eventMs + shiftMs;
      return chunk.shiftMs() == null ? ClockShift.clamp(shifted, chunk.receivedAt()) : shifted;
    }
  }

  private record PageRow(Placed in, long atMs, String href) {}

  @Override
  public boolean isOutage(RuntimeException failure) {
    return failure instanceof DatabaseUnavailable;
  }

  @Override
  public List<Outcome> write(List<StoreChunk> group) {
    return Transaction.run(database, connection -> write(connection, group));
  }

  private List<Outcome> write(Connection connection, List<StoreChunk> group) throws SQLException {
    var tombstones = Tombstones.watch(connection, group.stream().map(StoreChunk::project).toList());
    Map<Receipts.Key, Outcome> answers = new HashMap<>(Receipts.find(connection, group));
    var fresh = new TreeMap<Receipts.Key, StoreChunk>();
    for (StoreChunk chunk : group) {
      var key = Receipts.Key.of(chunk);
      if (!answers.containsKey(key)) {
        fresh.putIfAbsent(key, chunk);
      }
    }
    for (Receipts.Key erased : erased(tombstones, fresh)) {
      fresh.remove(erased);
      answers.put(erased, Outcome.Refused.erased());
    }
    List<Placed> placed = place(connection, List.copyOf(fresh.values()));
    if (!placed.isEmpty()) {
      giveWay(tombstones, placed);
      SessionRows.widen(connection, widenings(placed));
      if (Receipts.add(connection, placed, Placed::chunk, Placed::session) < placed.size()) {
        throw new Transaction.Overtaken();
      }
      addPages(connection, placed);
      addChunks(connection, placed);
      addUsage(connection, placed);
    }
    var stored = new LinkedHashMap<Receipts.Key, Outcome.Stored>();
    for (Placed each : placed) {
      stored.put(
          Receipts.Key.of(each.chunk()),
          new Outcome.Stored(each.session(), false, each.chunk().events().eventCount()));
    }
    var outcomes = new ArrayList<Outcome>(group.size());
    for (StoreChunk chunk : group) {
      var key = Receipts.Key.of(chunk);
      Outcome known = answers.get(key);
      if (known != null) {
        outcomes.add(known);
        continue;
      }
      Outcome.Stored now = stored.get(key);
      if (now == null) {
        throw new IllegalStateException("no answer for a batch of " + chunk.project());
      }
      outcomes.add(now);
      // A second copy in the same group is answered as a retry.
      answers.put(key, new Outcome.Stored(now.session(), true, now.events()));
    }
    return outcomes;
  }

  /** The chunks that name something erased. */
  private static List<Receipts.Key> erased(
      Tombstones tombstones, Map<Receipts.Key, StoreChunk> chunks) throws SQLException {
    if (tombstones.isEmpty()) {
      return List.of();
    }
    var marks = new HashMap<Receipts.Key, List<Mark>>();
    chunks.forEach((key, chunk) -> marks.put(key, marks(chunk)));
    Set<Mark> erased = tombstones.among(marks.values().stream().flatMap(List::stream).toList());
    return marks.entrySet().stream()
        .filter(entry -> entry.getValue().stream().anyMatch(erased::contains))
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * What a chunk names. The tab counts where a sign-in groups the uploads: the sign-in outlives an
   * erased session, its page loads do not; other contracts' tabs have names such as {@code main}.
   */
  private static List<Mark> marks(StoreChunk chunk) {
    UUID project = chunk.project();
    var marks = new ArrayList<Mark>();
    switch (chunk.opener()) {
      case Opener.Known known -> marks.add(Mark.session(project, known.session()));
      case Opener.Named named -> marks.add(Mark.opener(project, named.key()));
      case Opener.Token _ -> marks.add(Mark.tab(project, chunk.tabId()));
    }
    String profile = chunk.visitor().profileId();
    if (profile != null) {
      marks.add(Mark.profile(project, profile));
    }
    return marks;
  }

  /**
   * An erasure may have begun while we waited for the opener's row. From here on it waits for us,
   * who hold the row.
   *
   * @throws Transaction.Overtaken when it did: the next try refuses, or gets another session
   */
  private static void giveWay(Tombstones before, List<Placed> placed) throws SQLException {
    Tombstones tombstones = before.lookAgain();
    if (tombstones.isEmpty()) {
      return;
    }
    var marks = new ArrayList<Mark>();
    for (Placed each : placed) {
      marks.add(Mark.session(each.chunk().project(), each.session()));
      marks.addAll(marks(each.chunk()));
    }
    if (!tombstones.among(marks).isEmpty()) {
      throw new Transaction.Overtaken();
    }
  }

  /** Gives each chunk its session, its place in its tab and its clock shift. */
  private List<Placed> place(Connection connection, List<StoreChunk> chunks) throws SQLException {
    if (chunks.isEmpty()) {
      return List.of();
    }
    var latest = new TreeMap<OpenSessions.Key, Long>();
    var sessions = new HashMap<OpenSessions.Key, UUID>();
    for (StoreChunk chunk : chunks) {
      if (chunk.opener() instanceof Opener.Known known) {
        sessions.put(opener(chunk), known.session());
      } else {
        latest.merge(opener(chunk), chunk.receivedAt().toEpochMilli(), Math::max);
      }
    }
    sessions.putAll(
        openSessions.resolve(
            connection,
            latest.entrySet().stream()
                .map(entry -> new OpenSessions.Arrival(entry.getKey(), entry.getValue()))
                .toList()));

    var growths = new TreeMap<Tabs.Key, Tabs.Growth>();
    for (StoreChunk chunk : chunks) {
      var tab = tab(chunk, sessions);
      Tabs.Growth before = growths.get(tab);
      growths.put(
          tab,
          before == null
              ? new Tabs.Growth(tab, 1, shift(chunk))
              : new Tabs.Growth(tab, before.chunks() + 1, before.shiftMs()));
    }
    Map<Tabs.Key, Tabs.Grown> grown = Tabs.grow(connection, List.copyOf(growths.values()));

    var counted = new TreeMap<Tabs.Key, Integer>();
    var placed = new ArrayList<Placed>(chunks.size());
    for (StoreChunk chunk : chunks) {
      var tab = tab(chunk, sessions);
      Tabs.Grown now = require(grown, tab);
      int place = counted.merge(tab, 1, Integer::sum) - 1;
      placed.add(new Placed(chunk, tab.session(), now.firstOrdinal() + place, now.shiftMs()));
    }
    return placed;
  }

  private static OpenSessions.Key opener(StoreChunk chunk) {
    return new OpenSessions.Key(chunk.project(), chunk.opener().key());
  }

  private static Tabs.Key tab(StoreChunk chunk, Map<OpenSessions.Key, UUID> sessions) {
    return new Tabs.Key(chunk.project(), require(sessions, opener(chunk)), chunk.tabId());
  }

  private static long shift(StoreChunk chunk) {
    Long given = chunk.shiftMs();
    if (given != null) {
      return given;
    }
    TimeRange times = chunk.events().times();
    return ClockShift.atFirstContact(
        chunk.receivedAt(), chunk.sentAt(), times == null ? null : times.last());
  }

  private static <K, V> V require(Map<K, V> map, K key) {
    V value = map.get(key);
    if (value == null) {
      throw new IllegalStateException("the database returned no row for " + key);
    }
    return value;
  }

  private static List<Widening> widenings(List<Placed> placed) {
    var bySession = new TreeMap<Tabs.Key, Widening>();
    for (Placed each : placed) {
      StoreChunk chunk = each.chunk();
      EventBlock events = chunk.events();
      long received = chunk.receivedAt().toEpochMilli();
      Visitor visitor = chunk.visitor();
      var widening =
          new Widening(
              chunk.project(),
              each.session(),
              chunk.opener() instanceof Opener.Named named ? named.name() : null,
              chunk.opener().key(),
              chunk.source(),
              each.firstMs(),
              each.lastMs(),
              received,
              received,
              1,
              events.eventCount(),
              events.counts().clicks(),
              events.counts().inputs(),
              events.counts().errors(),
              events.pages().size(),
              events.rawBytes(),
              events.payload().length,
              events.hasFullSnapshot(),
              visitor.screen() == null ? visitor.withScreen(screen(events)) : visitor);
      bySession.merge(new Tabs.Key(chunk.project(), each.session(), ""), widening, Widening::plus);
    }
    return List.copyOf(bySession.values());
  }

  private static @Nullable String screen(EventBlock events) {
    Viewport viewport = events.viewport();
    return viewport == null ? null : viewport.width() + "x" + viewport.height();
  }

  private static void addPages(Connection connection, List<Placed> placed) throws SQLException {
    var pages = new ArrayList<PageRow>();
    for (Placed each : placed) {
      for (Page page : each.chunk().events().pages()) {
        pages.add(new PageRow(each, each.inServerTime(page.timestamp()), page.href()));
      }
    }
    if (pages.isEmpty()) {
      return;
    }
    try (var statement =
        connection.prepareStatement(
            """
            insert into page (project_id, session_id, tab_id, at, href)
            select project_id, session_id, tab_id, to_timestamp(at / 1000.0), href
            from unnest(?::uuid[], ?::uuid[], ?::text[], ?::bigint[], ?::text[])
              as visited (project_id, session_id, tab_id, at, href)
            """)) {
      new Columns<>(statement, pages)
          .uuids(page -> page.in().chunk().project())
          .uuids(page -> page.in().session())
          .text(page -> page.in().chunk().tabId())
          .longs(PageRow::atMs)
          .text(PageRow::href);
      statement.executeUpdate();
    }
  }

  private static void addChunks(Connection connection, List<Placed> placed) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into chunk (
              project_id, session_id, id, tab_id, batch_id, ordinal, seq, received_at, first_at,
              last_at, event_count, user_events, raw_bytes, outline, payload, client_session)
            select
              project_id, session_id, nextval('chunk_id'), tab_id, batch_id, ordinal, seq,
              to_timestamp(received / 1000.0), to_timestamp(first / 1000.0),
              to_timestamp(last / 1000.0), events, user_events, raw_bytes, outline::jsonb, payload,
              client_session
            from unnest(
              ?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::int[], ?::bigint[], ?::bigint[],
              ?::bigint[], ?::bigint[], ?::int[], ?::int[], ?::int[], ?::text[], ?::bytea[], ?::text[])
              as uploaded (
                project_id, session_id, tab_id, batch_id, ordinal, seq, received, first, last,
                events, user_events, raw_bytes, outline, payload, client_session)
            """)) {
      new Columns<>(statement, placed)
          .uuids(each -> each.chunk().project())
          .uuids(Placed::session)
          .text(each -> each.chunk().tabId())
          .text(each -> each.chunk().batchId())
          .ints(Placed::ordinal)
          .nullableLongs(each -> each.chunk().seq())
          .longs(each -> each.chunk().receivedAt().toEpochMilli())
          .longs(Placed::firstMs)
          .longs(Placed::lastMs)
          .ints(each -> each.chunk().events().eventCount())
          .ints(each -> each.chunk().events().counts().userActivity())
          .ints(each -> Math.toIntExact(each.chunk().events().rawBytes()))
          .text(each -> Outline.of(each.chunk().events()).toJson())
          .bytes(each -> each.chunk().events().payload())
          .text(each -> each.chunk().clientSession());
      statement.executeUpdate();
    }
  }

  private static void addUsage(Connection connection, List<Placed> placed) throws SQLException {
    var usage = new DailyUsage();
    for (Placed each : placed) {
      StoreChunk chunk = each.chunk();
      usage.addChunk(chunk.project(), chunk.receivedAt(), chunk.events().rawBytes());
    }
    usage.write(connection);
  }
}
