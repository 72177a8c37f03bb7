package dev.backspool.sync;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What has become visible between two snapshots: read in pages, in the order of transactions and
 * then of numbers, however long that takes.
 *
 * <p>A page is read in a snapshot of its own, later than the target. A key that was written again
 * since is not found there any more, as its transaction is not one that the target sees: it comes
 * with the changes after.
 */
final class Changes {

  /** The lists of changes, in the order in which a mapping goes through them. */
  private static final int FORGETS = 0;

  private static final int BATCHES = 1;
  private static final int KEYS = 2;

  private static final int MOST_DAYS = 100;
  private static final int MOST_BATCHES = 500;

  /**
   * By the index alone, in its order, and never more than a page: transactions that were open at
   * the earlier snapshot one by one, then all that began later. Each has one lower bound, told as
   * the index has it: of two PostgreSQL would take one, and read all between them.
   */
  private static final String BETWEEN =
      """
      select * from (
        select earlier.*
        from unnest(cast(:open as xid8[]), cast(:after as bigint[])) as open (xid, after)
        cross join lateral (
          select * from the_table
          where project_id = :project and the_condition
            and xid = open.xid and seq > open.after
            and pg_visible_in_snapshot(xid, cast(:target as pg_snapshot))
          order by seq
          limit :most
        ) as earlier
        union all (
          select * from the_table
          where project_id = :project and the_condition
            and (xid, seq) > (cast(:xid as xid8), :seq) and xid < cast(:end as xid8)
            and pg_visible_in_snapshot(xid, cast(:target as pg_snapshot))
          order by xid, seq
          limit :most
        )
      ) as changes
      order by xid, seq
      limit :most
      """;

  private final Handle handle;
  private final Cursor cursor;
  private final Snapshot target;

  /**
   * The changes from a cursor on.
   *
   * @param handle in a transaction that sees one snapshot
   */
  Changes(Handle handle, Cursor cursor) {
    this.handle = handle;
    this.cursor = cursor;
    Snapshot begun = cursor.target();
    this.target = begun == null ? current(handle) : begun;
  }

  /** What a transaction sees. */
  static Snapshot current(Handle handle) {
    return Snapshot.parse(
        handle.createQuery("select pg_current_snapshot()::text").mapTo(String.class).one());
  }

  /** A day to be forgotten. */
  record Day(Instant from, Instant until) {}

  /** Where events lie that were stored together. */
  record Batch(long fromId, long toId, Instant first, Instant last, long rows) {}

  /**
   * A key that changed, and its number.
   *
   * @param isGone whether its row was deleted; else it is there, or has left as a whole with others
   */
  record Key(byte[] key, long seq, boolean isGone) {}

  /**
   * Some changes, of one kind.
   *
   * @param next the cursor when they are in the sink
   * @param since when the first of them was made; null when there is none
   */
  record Piece(
      List<Day> days, List<Batch> batches, List<Key> keys, Cursor next, @Nullable Instant since) {}

  /**
   * The next of them, perhaps none: then the cursor has reached the target.
   *
   * @param most how many rows are wanted, about
   */
  Piece next(int most) {
    List<Found<Day>> days = List.of();
    List<Found<Batch>> batches = List.of();
    if (cursor.mapping().source() == Source.EVENT) {
      days = forgets(MOST_DAYS);
      if (days.size() == MOST_DAYS) {
        return piece(days, batches, List.of(), after(FORGETS, days));
      }
      List<Found<Batch>> found = batches(Math.min(most, MOST_BATCHES));
      batches = first(found, most);
      if (batches.size() < found.size() || found.size() == MOST_BATCHES) {
        return piece(days, batches, List.of(), after(BATCHES, batches));
      }
    }
    List<Found<Key>> keys = keys(most);
    return piece(
        days, batches, keys, keys.size() < most ? cursor.reached(target) : after(KEYS, keys));
  }

  private static Piece piece(
      List<Found<Day>> days, List<Found<Batch>> batches, List<Found<Key>> keys, Cursor next) {
    Instant since =
        Stream.of(days, batches, keys)
            .flatMap(List::stream)
            .map(Found::at)
            .min(Comparator.naturalOrder())
            .orElse(null);
    return new Piece(values(days), values(batches), values(keys), next, since);
  }

  private record Found<T>(T value, long xid, long seq, Instant at) {}

  private static <T> List<T> values(List<Found<T>> found) {
    return found.stream().map(Found::value).toList();
  }

  private <T> Cursor after(int stage, List<Found<T>> found) {
    return cursor.at(target, new Position(stage, found.getLast().xid(), found.getLast().seq()));
  }

  private List<Found<Day>> forgets(int most) {
    return read(
        "sync_forget",
        "true",
        FORGETS,
        most,
        row -> new Day(instant(row, "received_from"), instant(row, "received_until")));
  }

  private List<Found<Batch>> batches(int most) {
    return read(
        "sync_batch",
        "true",
        BATCHES,
        most,
        row ->
            new Batch(
                row.getLong("from_id"),
                row.getLong("to_id"),
                instant(row, "first_received_at"),
                instant(row, "last_received_at"),
                row.getLong("row_count")));
  }

  /** At least one, and as many as have no more rows together. */
  private static List<Found<Batch>> first(List<Found<Batch>> found, int mostRows) {
    long rows = 0;
    for (int i = 0; i < found.size(); i++) {
      rows += found.get(i).value().rows();
      if (rows > mostRows && i > 0) {
        return found.subList(0, i);
      }
    }
    return found;
  }

  private List<Found<Key>> keys(int most) {
    return read(
        "sync_key",
        "source = " + cursor.mapping().source().number(),
        KEYS,
        most,
        row -> new Key(row.getBytes("key"), row.getLong("seq"), row.getBoolean("is_gone")));
  }

  @FunctionalInterface
  private interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Nothing of a list that the cursor has behind it. */
  private <T> List<Found<T>> read(
      String table, String condition, int stage, int most, RowReader<T> value) {
    Position at = cursor.position();
    if (at.stage() > stage) {
      return List.of();
    }
    Position position = at.stage() == stage ? at : Position.START;
    List<Long> open =
        cursor.snapshot().open().stream().filter(xid -> xid >= position.xid()).toList();
    long begun = cursor.snapshot().end();
    boolean isAmongLater = position.xid() >= begun;
    return handle
        .createQuery(BETWEEN.replace("the_table", table).replace("the_condition", condition))
        .bind("project", cursor.project())
        .bind("open", array(open))
        .bind(
            "after",
            array(open.stream().map(xid -> xid == position.xid() ? position.seq() : 0).toList()))
        .bind("xid", Long.toString(isAmongLater ? position.xid() : begun))
        .bind("seq", isAmongLater ? position.seq() : 0)
        .bind("target", target.text())
        .bind("end", Long.toString(target.end()))
        .bind("most", most)
        .map((row, _) ->
            new Found<>(
                value.read(row),
                Long.parseLong(row.getString("xid")),
                row.getLong("seq"),
                instant(row, "changed_at")))
        .list();
  }

  private static String array(List<Long> numbers) {
    return "{" + String.join(",", numbers.stream().map(String::valueOf).toList()) + "}";
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
