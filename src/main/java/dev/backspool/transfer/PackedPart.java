package dev.backspool.transfer;

import dev.backspool.recording.Part;
import java.io.IOException;
import java.util.List;

/**
 * A recording's frames as an object for the archive, on its way there.
 *
 * @param part its row to be
 * @param frames that are in it
 * @param sums what happened in them
 */
record PackedPart(Part part, List<FrameLine> frames, Sums sums, Spool object)
    implements AutoCloseable {

  /**
   * What some frames add to their session.
   *
   * @param events as they were uploaded, where that is known: what was sent twice was counted twice
   */
  record Sums(
      long events,
      int clicks,
      int inputs,
      int errors,
      int pages,
      long rawBytes,
      long storedBytes,
      boolean fullSnapshot) {
    static final Sums NOTHING = new Sums(0, 0, 0, 0, 0, 0, 0, false);
  }

  @Override
  public void close() throws IOException {
    object.close();
  }
}
