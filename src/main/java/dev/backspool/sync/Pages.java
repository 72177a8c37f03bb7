package dev.backspool.sync;

import dev.backspool.sync.Changes.Piece;
import dev.backspool.sync.Page.Row;
import dev.backspool.sync.PastEvents.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** Makes pages of what was read. */
final class Pages {
  private Pages() {}

  /**
   * The rows that a piece of changes tells of, as they are now: what is not there any more is gone,
   * unless it has only left PostgreSQL.
   */
  static Page of(Rows rows, PastRows past, Piece piece, Cursor cursor)
      throws SQLException, IOException {
    Mapping mapping = cursor.mapping();
    Map<List<Object>, Row> found = new LinkedHashMap<>();
    List<Rows.Read> events = rows.in(piece.batches());
    Map<List<Object>, Long> numbers = rows.numbers(events);
    for (Rows.Read read : events) {
      found.put(read.key(), live(cursor, read, numbers.getOrDefault(read.key(), 0L)));
    }
    Map<List<Object>, Long> changed = new LinkedHashMap<>();
    var left = new HashSet<List<Object>>();
    for (Changes.Key noted : piece.keys()) {
      List<Object> key = mapping.source().read(noted.key());
      changed.put(key, noted.seq());
      if (!noted.isGone()) {
        left.add(key);
      }
    }
    for (Rows.Read read : rows.of(List.copyOf(changed.keySet()))) {
      Long seq = changed.remove(read.key());
      if (seq == null) {
        throw new IllegalStateException("The query of %s finds a key twice".formatted(mapping));
      }
      found.put(read.key(), live(cursor, read, seq));
    }
    if (mapping.source() == Source.EVENT) {
      left.retainAll(changed.keySet());
      for (Event event :
          past.of(left.stream().map(key -> (Long) key.getFirst()).toList()).values()) {
        long seq = Objects.requireNonNull(changed.remove(event.key()));
        found.put(event.key(), live(cursor, event, seq));
      }
    }
    changed.forEach(
        (key, seq) -> found.put(key, new Row(cursor.version(seq), true, key, List.of())));
    return page(cursor, List.copyOf(found.values()));
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
