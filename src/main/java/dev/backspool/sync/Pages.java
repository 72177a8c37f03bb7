package dev.backspool.sync;

import dev.backspool.sync.Changes.Piece;
import dev.backspool.sync.Page.Row;
import dev.backspool.sync.PastEvents.Event;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Makes pages of what was read. */
final class Pages {
  private Pages() {}

  /** The rows that a piece of changes tells of, as they are now. */
  static Draft of(Rows rows, Piece piece, Cursor cursor) throws SQLException {
    Mapping mapping = cursor.mapping();
    var draft = new Draft(cursor);
    List<Rows.Read> events = rows.in(piece.batches());
    Map<List<Object>, Long> numbers = rows.numbers(events);
    for (Rows.Read read : events) {
      draft.found.put(read.key(), live(cursor, read, numbers.getOrDefault(read.key(), 0L)));
    }
    for (Changes.Key noted : piece.keys()) {
      List<Object> key = mapping.source().read(noted.key());
      draft.missing.put(key, noted.seq());
      if (mapping.source() == Source.EVENT && !noted.isGone()) {
        draft.left.add(key);
      }
    }
    draft.addRows(rows.of(List.copyOf(draft.missing.keySet())));
    return draft;
  }

  /** A page of changes that may lack rows which have only left PostgreSQL. One thread. */
  static final class Draft {
    private final Cursor cursor;
    private final Map<List<Object>, Row> found = new LinkedHashMap<>();

    /** Keys that have no row, with the numbers of their changes. */
    private final Map<List<Object>, Long> missing = new LinkedHashMap<>();

    /** Those of them that nobody deleted. */
    private final Set<List<Object>> left = new LinkedHashSet<>();

    private Draft(Cursor cursor) {
      this.cursor = cursor;
    }

    /** How many rows were found. */
    int rows() {
      return found.size();
    }

    /** The keys of events that are in no table, and that nobody deleted one by one. */
    List<List<Object>> left() {
      return List.copyOf(left);
    }

    /** Adds rows that were missing. */
    void addRows(List<Rows.Read> some) {
      for (Rows.Read read : some) {
        found.put(read.key(), live(cursor, read, take(read.key())));
      }
    }

    /** Adds events that had left. */
    void addPast(Collection<Event> some) {
      for (Event event : some) {
        found.put(event.key(), live(cursor, event, take(event.key())));
      }
    }

    private long take(List<Object> key) {
      left.remove(key);
      Long seq = missing.remove(key);
      if (seq == null) {
        throw new IllegalStateException(
            "The query of %s finds a key twice".formatted(cursor.mapping()));
      }
      return seq;
    }

    /** The page: what is missing now is gone. */
    Page page() {
      missing.forEach(
          (key, seq) -> found.put(key, new Row(cursor.version(seq), true, key, List.of())));
      return Pages.page(cursor, List.copyOf(found.values()));
    }
  }

  /** Rows of a full load. */
  static Page of(Rows rows, List<Rows.Read> loaded, Cursor cursor) throws SQLException {
    Map<List<Object>, Long> numbers = rows.numbers(loaded);
    var page = new ArrayList<Row>(loaded.size());
    for (Rows.Read read : loaded) {
      page.add(live(cursor, read, numbers.getOrDefault(read.key(), 0L)));
    }
    return page(cursor, page);
  }

  /** Events of a full load that have left PostgreSQL. */
  static Page of(List<Event> events, Cursor cursor) {
    return page(cursor, events.stream().map(event -> live(cursor, event, 0)).toList());
  }

  private static Row live(Cursor cursor, Event event, long seq) {
    return new Row(cursor.version(seq), false, event.key(), event.values());
  }

  private static Row live(Cursor cursor, Rows.Read read, long seq) {
    return new Row(cursor.version(seq), false, read.key(), read.values());
  }

  private static Page page(Cursor cursor, List<Row> rows) {
    return new Page(cursor.project(), cursor.mapping(), rows, token(cursor, rows));
  }

  /** Where the page began, and what is in it: a version tells all of a row. */
  private static String token(Cursor cursor, List<Row> rows) {
    MessageDigest hash = sha256();
    UUID project = cursor.project();
    hash.update(
        ByteBuffer.allocate(16)
            .putLong(project.getMostSignificantBits())
            .putLong(project.getLeastSignificantBits())
            .flip());
    hash.update(
        (cursor.mapping() + " " + cursor.snapshot() + " " + cursor.loadAfter() + " ")
            .getBytes(StandardCharsets.UTF_8));
    for (Row row : rows) {
      hash.update(
          ByteBuffer.allocate(9).putLong(row.version()).put((byte) (row.deleted() ? 1 : 0)).flip());
      hash.update(cursor.mapping().source().write(row.key()));
    }
    return HexFormat.of().formatHex(hash.digest(), 0, 16);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
