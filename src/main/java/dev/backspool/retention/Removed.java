package dev.backspool.retention;

/**
 * What a run, or a batch of one, removed.
 *
 * @param recordings of sessions, whether the session's row went or not
 * @param objects of the archive that no row names any more
 * @param bytes size of these objects, and of chunks that were not archived yet
 * @param sessions rows of sessions
 * @param events analytics events, the server's own {@code session_start} and {@code session_end}
 *     among them
 * @param movedToCold objects that are in the cold tier now
 */
public record Removed(
    long recordings, long objects, long bytes, long sessions, long events, long movedToCold) {
  public static final Removed NOTHING = new Removed(0, 0, 0, 0, 0, 0);

  static Removed events(long events) {
    return new Removed(0, 0, 0, 0, events, 0);
  }

  static Removed movedToCold(long objects) {
    return new Removed(0, 0, 0, 0, 0, objects);
  }

  /** Both together. */
  public Removed plus(Removed other) {
    return new Removed(
        recordings + other.recordings,
        objects + other.objects,
        bytes + other.bytes,
        sessions + other.sessions,
        events + other.events,
        movedToCold + other.movedToCold);
  }
}
