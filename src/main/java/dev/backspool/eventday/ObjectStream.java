package dev.backspool.eventday;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import java.io.IOException;
import java.io.InputStream;

/**
 * An object's bytes, some megabytes at a time: whoever stops in the middle has nothing open, and
 * may go on however much later.
 */
final class ObjectStream extends InputStream {
  private static final int AT_ONCE = 8 << 20;

  private final Archive archive;
  private final ObjectKey key;
  private final long size;
  private byte[] window = new byte[0];
  private int at;
  private long fetched;

  ObjectStream(Archive archive, ObjectKey key, long size) {
    this.archive = archive;
    this.key = key;
    this.size = size;
  }

  @Override
  public int read() throws IOException {
    return fill() ? window[at++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int some = Math.min(length, window.length - at);
    System.arraycopy(window, at, into, offset, some);
    at += some;
    return some;
  }

  /** Whether there is another byte. */
  private boolean fill() throws IOException {
    if (at < window.length) {
      return true;
    }
    if (fetched == size) {
      return false;
    }
    int wanted = (int) Math.min(AT_ONCE, size - fetched);
    try {
      window = archive.get(key, fetched, wanted);
    } catch (ArchiveUnavailable away) {
      throw new DayAway(away);
    } catch (ArchiveFailure failure) {
      throw new DamagedDay("cannot be read: " + failure.getMessage(), failure);
    }
    fetched += wanted;
    at = 0;
    return true;
  }
}
