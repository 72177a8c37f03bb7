package dev.backspool.erasure;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An erasure did not end in time, and ends by itself: nothing is recorded any more of what it is
 * about, and its rows go as soon as they can.
 */
public final class StillGoingOn extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final @Nullable UUID erasure;

  StillGoingOn(String why) {
    this(null, why);
  }

  private StillGoingOn(@Nullable UUID erasure, String why) {
    super(why, null, false, false);
    this.erasure = erasure;
  }

  StillGoingOn of(UUID id) {
    return new StillGoingOn(id, String.valueOf(getMessage()));
  }

  /** Which one; null before it is known. */
  public @Nullable UUID erasure() {
    return erasure;
  }
}
