package dev.backspool.recording;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The key of an object cannot be had, and so nothing that it holds. */
public final class LostKey extends IOException {
  private static final long serialVersionUID = 1;

  LostKey(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
