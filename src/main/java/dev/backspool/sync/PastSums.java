package dev.backspool.sync;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.backspool.sync.PastEvents.Event;
import dev.backspool.sync.RangeSums.Sum;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Counts and hashes, as {@link KeyRange} says, of events that have left PostgreSQL. */
final class PastSums {
  private static final String SEPARATOR = "\u001E";

  private final PastRows rows;
  private final Handle handle;
  private final Mapping mapping;
  private final boolean jsonAsSent;
  private final MessageDigest md5;

  /**
   * Reads nothing yet.
   *
   * @param handle in whose transaction JSON is spelled as PostgreSQL does, where the sink holds it
   *     so
   */
  PastSums(PastRows rows, Handle handle, Sink sink, Mapping mapping) {
    this.rows = rows;
    this.handle = handle;
    this.mapping = mapping;
    jsonAsSent = sink.keepsJsonAsSent();
    try {
      md5 = MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The sums of what is in PostgreSQL, and these with them. */
  List<Sum> plus(List<Sum> others, List<KeyRange> ranges) throws IOException {
    var sums = new ArrayList<>(others);
    each((event, keyHash, rowHash) -> {
      int at = place(ranges, keyHash);
      if (at >= 0) {
        Sum sum = sums.get(at);
        sums.set(at, new Sum(sum.rows() + 1, sum.hash() + rowHash));
      }
    });
    return sums;
  }

  /** The keys in ranges, each with the hash of its row. */
  List<Map<List<Object>, Long>> hashes(List<KeyRange> ranges) throws IOException {
    var hashes = new ArrayList<Map<List<Object>, Long>>();
    ranges.forEach(_ -> hashes.add(new HashMap<>()));
    each((event, keyHash, rowHash) -> {
      int at = place(ranges, keyHash);
      if (at >= 0) {
        hashes.get(at).put(event.key(), rowHash);
      }
    });
    return hashes;
  }

  /** The range that a hash is in, of some that rise; below 0 when it is in none. */
  private static int place(List<KeyRange> ranges, long hash) {
    int low = 0;
    int high = ranges.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      KeyRange range = ranges.get(middle);
      if (hash < range.from()) {
        high = middle - 1;
      } else if (hash >= range.to()) {
        low = middle + 1;
      } else {
        return middle;
      }
    }
    return -1;
  }

  @FunctionalInterface
  private interface Hashed {
    void add(Event event, long keyHash, long rowHash);
  }

  private void each(Hashed hashed) throws IOException {
    rows.all(events -> {
      List<Event> spelled = jsonAsSent ? events : spelled(events);
      for (Event event : spelled) {
        var text = new ByteArrayOutputStream(512);
        add(text, Column.Type.BIGINT, event.id());
        long keyHash = digest(text).getInt() & 0xFFFF_FFFFL;
        for (int i = 0; i < mapping.columns().size(); i++) {
          add(text, mapping.columns().get(i).type(), event.values().get(i));
        }
        hashed.add(event, keyHash, digest(text).getLong());
      }
    });
  }

  private ByteBuffer digest(ByteArrayOutputStream text) {
    return ByteBuffer.wrap(md5.digest(text.toByteArray()));
  }

  private static void add(ByteArrayOutputStream text, Column.Type type, @Nullable Object value) {
    if (value == null) {
      text.write('-');
      return;
    }
    byte[] bytes = text(type, value).getBytes(UTF_8);
    text.writeBytes((bytes.length + ":").getBytes(UTF_8));
    text.writeBytes(bytes);
  }

  private static String text(Column.Type type, Object value) {
    return switch (type) {
      case TEXT, WORD, JSON -> (String) value;
      case UUID -> ((UUID) value).toString();
      case BOOLEAN -> (boolean) value ? "t" : "f";
      case INTEGER, BIGINT -> value.toString();
      case REAL, DOUBLE -> Long.toString((long) Math.rint(((Number) value).doubleValue() * 1e6));
      case TIMESTAMP -> {
        var time = (Instant) value;
        yield Long.toString(time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000);
      }
      case TEXTS ->
          String.join(SEPARATOR, ((List<?>) value).stream().map(Object::toString).toList());
    };
  }

  /** JSON as PostgreSQL spells it, but for what it cannot spell. */
  private List<Event> spelled(List<Event> events) throws IOException {
    var spelled = new ArrayList<Event>(events);
    for (int column = 0; column < mapping.columns().size(); column++) {
      if (mapping.columns().get(column).type() == Column.Type.JSON) {
        spell(spelled, column);
      }
    }
    return spelled;
  }

  private void spell(List<Event> events, int column) throws IOException {
    try (PreparedStatement statement =
        handle
            .getConnection()
            .prepareStatement(
                """
                select case when sent like '%\\u0000%' then sent else sent::jsonb::text end
                from unnest(?::text[]) with ordinality as each (sent, number)
                order by number
                """)) {
      statement.setArray(
          1,
          handle
              .getConnection()
              .createArrayOf(
                  "text", events.stream().map(event -> event.values().get(column)).toArray()));
      try (ResultSet found = statement.executeQuery()) {
        for (int i = 0; found.next(); i++) {
          Event event = events.get(i);
          var values = new ArrayList<@Nullable Object>(event.values());
          values.set(column, found.getString(1));
          events.set(i, new Event(event.receivedAt(), event.id(), values));
        }
      }
    } catch (SQLException failure) {
      throw new IOException(failure);
    }
  }
}
