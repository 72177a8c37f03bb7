package dev.backspool.http;

/**
 * A request body in memory, after transport decompression. Closing it gives its bytes back to the
 * server's budget. One thread at a time.
 */
public final class Body implements AutoCloseable {
  private final byte[] bytes;
  private final int length;
  private final Runnable release;
  private boolean closed;

  Body(byte[] bytes, int length, Runnable release) {
    this.bytes = bytes;
    this.length = length;
    this.release = release;
  }

  /** Holds the body from its start; may be longer than {@link #length}. */
  public byte[] bytes() {
    return bytes;
  }

  public int length() {
    return length;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true; // Given back twice, an array would be two requests' at once.
      release.run();
    }
  }
}
