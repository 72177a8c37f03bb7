package dev.backspool.eventday;

import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import java.io.IOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Optional;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** Days' objects, to be read. Any thread may call. */
public final class DayFiles {
  private final Archives archives;
  private final DataKeys keys;

  public DayFiles(Archives archives, DataKeys keys) {
    this.archives = archives;
    this.keys = keys;
  }

  /**
   * Opens a day's object.
   *
   * @throws DayAway when the archive does not answer, here as from the reader
   * @throws DamagedDay when the object is missing or is not what was written, here as from it
   * @throws dev.backspool.recording.LostKey when its key cannot be had
   */
  public DayReader open(EventDay day) throws IOException {
    return new DayReader(new ObjectStream(archives.main(), day.key(), day.bytes()), key(day));
  }

  private @Nullable SecretKey key(EventDay day) throws IOException {
    byte[] wrapped = day.dataKey();
    return wrapped == null ? null : keys.unwrap(day.project(), wrapped);
  }

  /** Sees events. */
  @FunctionalInterface
  public interface Seen {
    void add(EventLine line) throws IOException;
  }

  /**
   * Reads a day's whole object, and holds it against its row.
   *
   * @param seen is told each event
   * @throws DayAway when the archive does not answer
   * @throws DamagedDay when it is not what the row says; the message tells how
   */
  public void check(EventDay day, Seen seen) throws IOException {
    MessageDigest hash = DayWriter.sha256();
    var object = new ObjectStream(archives.main(), day.key(), day.bytes());
    long events = 0;
    try (var reader = new DayReader(new DigestInputStream(object, hash), key(day))) {
      @Nullable EventLine last = null;
      for (Optional<EventLine> next = reader.next(); next.isPresent(); next = reader.next()) {
        EventLine line = next.get();
        if (last != null && EventLine.ORDER.compare(last, line) >= 0) {
          throw new DamagedDay("has events out of order", null);
        }
        if (line.id() < day.firstId()
            || line.id() > day.lastId()
            || line.receivedAt().isBefore(day.begins())
            || !line.receivedAt().isBefore(day.ends())) {
          throw new DamagedDay("has an event that is not of its day", null);
        }
        last = line;
        events++;
        seen.add(line);
      }
    }
    if (events != day.events()) {
      throw new DamagedDay("has %,d events instead of %,d".formatted(events, day.events()), null);
    }
    if (!MessageDigest.isEqual(hash.digest(), day.sha256())) {
      throw new DamagedDay("has not the checksum that was written down", null);
    }
  }
}
