package dev.backspool.archiver;

import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is ready to be put.
 *
 * @param part its row to be
 * @param origin what it was made of, which its row takes the place of
 */
record Packed(Claim claim, Part part, Body body, Origin origin) {
  private static final Logger LOG = LoggerFactory.getLogger(Packed.class);

  /** Frees what the file takes here. */
  void discard() {
    try {
      body.discard();
    } catch (IOException failure) {
      LOG.warn("The next start removes it: {}", failure.toString());
    }
  }

  /** What is removed in the transaction that records the part. */
  sealed interface Origin {}

  /**
   * Uploads.
   *
   * @param frames those that are in the file
   * @param damaged how many of the session's are not, because they are not what was written
   */
  record Uploads(List<Frame> frames, int damaged) implements Origin {
    long bytes() {
      return frames.stream().mapToLong(Frame::bytes).sum();
    }
  }

  /** Older parts. */
  record Older(List<Part> parts) implements Origin {}
}
