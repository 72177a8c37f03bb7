package dev.backspool.recording;

import dev.backspool.archive.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An object of the archive that holds frames of a recording. A recording has one, and more while
 * late uploads wait to be merged or the session goes on.
 *
 * @param object the object's name within its project
 * @param bytes its size
 * @param rawBytes size of its events as lines of JSON
 * @param chunkBytes size that the same frames had in PostgreSQL
 * @param firstAt server time of its earliest event
 * @param lastAt server time of its latest event
 * @param activity events made by the person's own hand, in equal slots of the time between
 * @param dataKey the object's key, wrapped by {@link DataKeys}; null when it is not encrypted
 * @param cold whether it is in the cold tier
 */
public record Part(
    UUID project,
    UUID session,
    String object,
    long bytes,
    long rawBytes,
    long chunkBytes,
    int frames,
    long events,
    Instant firstAt,
    Instant lastAt,
    List<Integer> activity,
    @SuppressWarnings("ArrayRecordComponent") byte @Nullable [] dataKey,
    boolean cold) {

  /** Names the object and where it lies: it moves once, into the cold tier. */
  String name() {
    return cold ? object + " in the cold tier" : object;
  }

  /** The object's key in the archive. */
  public ObjectKey key() {
    return new ObjectKey(project, object);
  }
}
