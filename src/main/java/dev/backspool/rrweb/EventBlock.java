package dev.backspool.rrweb;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run of rrweb events of one tab, checked, compressed, and what was noted on the way.
 *
 * <p>An element that is not an event object with a type and a time is in the payload and in the
 * event count, and nowhere else; a time without a type still counts for {@link #times}.
 *
 * @param eventCount how many elements
 * @param payload one zstd frame, with content size and checksum, of one line of JSON per element
 * @param rawBytes size of those lines
 * @param times the earliest and latest timestamp, or null when no element has one
 * @param checkpoints where playback can start, in order
 * @param endsWithMeta whether the last event is a Meta, whose FullSnapshot the next block may begin
 *     with
 * @param pages the pages shown, in order; at most 1,000
 * @param viewport the size in the first Meta that has one
 * @param counts what happened how often
 * @param marks the first 1,000 clicks, inputs and errors, in order
 * @param activity user activity in each second from {@code times.first()}, up to the last second
 *     with any, at most 3,600 seconds; do not change the array
 */
@SuppressWarnings("ArrayRecordComponent") // Bytes on their way to a column; never compared.
public record EventBlock(
    int eventCount,
    byte[] payload,
    long rawBytes,
    @Nullable TimeRange times,
    List<Checkpoint> checkpoints,
    boolean endsWithMeta,
    List<Page> pages,
    @Nullable Viewport viewport,
    Counts counts,
    List<Mark> marks,
    int[] activity) {
  private static final int HASH_BYTES = 16;

  /** Whether it holds a FullSnapshot, without which nothing can be played. */
  public boolean hasFullSnapshot() {
    return !checkpoints.isEmpty();
  }

  /**
   * The first 16 bytes, in hexadecimal, of the SHA-256 of the lines: the name of an upload that
   * came without one. Computed at each call from the payload, since most uploads have a name.
   */
  public String contentHash() {
    try {
      byte[] lines = PayloadReader.lines(payload, Math.toIntExact(rawBytes));
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(lines);
      return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
    } catch (DamagedPayload | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a block's own payload, or the JDK, is broken", e);
    }
  }

  /** Whether it begins with a FullSnapshot whose Meta, if there is one, ended the block before. */
  public boolean beginsWithFullSnapshot() {
    return hasFullSnapshot()
        && checkpoints.getFirst().ordinal() == 0
        && !checkpoints.getFirst().withMeta();
  }
}
