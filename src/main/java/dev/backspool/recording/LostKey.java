package dev.backspool.recording;

import java.io.IOException;

/** The key of an object cannot be had, and so nothing that it holds. */
public final class LostKey extends IOException {
  private static final long serialVersionUID = 1;

  LostKey(Throwable cause) {
    super("the recording's key does not belong to its project's", cause);
  }
}
