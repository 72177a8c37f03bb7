package dev.backspool.recording.file;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Frames that were decompressed because one near them was asked for, for a while: a player asks for
 * one after the other, some of them side by side. The least recently asked for go first. One serves
 * all recordings; any thread may call.
 */
public final class ReadAhead {
  /** So much is decompressed at once for who reads on, unless the cache is small. */
  private static final int MOST_AT_ONCE = 16 << 20;

  /** Of it, what a single frame brings along on either side: somebody waits for the frame. */
  private static final int PART_BESIDE = 4;

  private static final int SHARE = 4;

  private final long maxBytes;
  private final Map<Key, byte[]> lines = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  private record Key(String file, int place) {}

  /**
   * An empty one.
   *
   * @param maxBytes of lines that are kept on the heap; 0 for none
   */
  public ReadAhead(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** How many bytes of lines to decompress at once. */
  int atOnce() {
    return (int) Math.min(MOST_AT_ONCE, maxBytes / SHARE);
  }

  /** How many bytes of lines to decompress before a single frame, and with and behind it. */
  int beside() {
    return atOnce() / PART_BESIDE;
  }

  synchronized byte @Nullable [] get(String file, int place) {
    return lines.get(new Key(file, place));
  }

  /** As {@link #get}, and forgets it. */
  synchronized byte @Nullable [] take(String file, int place) {
    byte[] frame = lines.remove(new Key(file, place));
    if (frame != null) {
      bytes -= frame.length;
    }
    return frame;
  }

  synchronized void put(String file, int place, byte[] frame) {
    byte[] before = lines.put(new Key(file, place), frame);
    bytes += frame.length - (before == null ? 0 : before.length);
    var eldest = lines.values().iterator();
    while (bytes > maxBytes && eldest.hasNext()) {
      bytes -= eldest.next().length;
      eldest.remove();
    }
  }
}
