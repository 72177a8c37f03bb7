package dev.backspool.rrweb;

import java.io.IOException;

/** Stored bytes that are not what was written: cut short, changed, or larger than ever written. */
public final class DamagedPayload extends IOException {
  /** Says in what way. */
  public DamagedPayload(String message) {
    super(message);
  }

  DamagedPayload(String message, Throwable cause) {
    super(message, cause);
  }
}
