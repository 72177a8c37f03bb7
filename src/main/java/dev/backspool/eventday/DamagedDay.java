package dev.backspool.eventday;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A day's object is not what was written, or is not there. */
public final class DamagedDay extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Says what is wrong with it.
   *
   * @param message goes on where "the object" ends
   */
  DamagedDay(String message, @Nullable Throwable cause) {
    super("the object " + message, cause);
  }
}
