package dev.backspool.eventday;

import dev.backspool.archive.ObjectKey;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A project's events of a UTC day, by their receipt, as an object of the archive.
 *
 * @param object the object's name within its project; another one whenever what is in it changes
 * @param bytes its size
 * @param rawBytes size of its events as lines of JSON
 * @param firstId the lowest of their ids
 * @param lastId the highest
 * @param sha256 of the whole object
 * @param names tells which people and sessions are in none of the events
 * @param dataKey the object's key, wrapped by {@link dev.backspool.recording.DataKeys}; null when
 *     it is not encrypted
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by their objects' names.
public record EventDay(
    UUID project,
    LocalDate day,
    String object,
    long bytes,
    long rawBytes,
    long events,
    long firstId,
    long lastId,
    byte[] sha256,
    Names names,
    byte @Nullable [] dataKey) {

  private static final String FOLDER = "events/";

  /**
   * A name for an object of a day.
   *
   * @param digits of a hash of what is in it
   */
  static String name(LocalDate day, String digits) {
    return FOLDER + day + "/" + digits + ".bkev";
  }

  /** Whether an object is one of a day, by its name. */
  public static boolean isOne(ObjectKey key) {
    return key.name().startsWith(FOLDER);
  }

  /** The object's key in the archive. */
  public ObjectKey key() {
    return new ObjectKey(project, object);
  }

  /** The day's first moment. */
  public Instant begins() {
    return day.atStartOfDay().toInstant(ZoneOffset.UTC);
  }

  /** The first moment beyond it. */
  public Instant ends() {
    return day.plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC);
  }
}
