package dev.backspool.archiver;

import dev.backspool.archiver.Packed.Older;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.PartFiles;
import dev.backspool.recording.Parts;
import dev.backspool.recording.Playback;
import dev.backspool.recording.file.FrameCursor;
import dev.backspool.recording.file.FrameCursor.FrameLines;
import dev.backspool.rrweb.PayloadWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes one file of all parts of a recording. Nothing is merged that cannot be read whole. */
final class Merger {
  private final Database database;
  private final PartFiles partFiles;
  private final PassingFiles files;
  private final Packer packer;

  Merger(Database database, PartFiles partFiles, PassingFiles files, Packer packer) {
    this.database = database;
    this.partFiles = partFiles;
    this.files = files;
    this.packer = packer;
  }

  /** A part cannot be read now, or ever. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    private final Fault fault;

    Unreadable(Part part, IOException failure) {
      super(part.key() + ": " + failure.getMessage(), failure);
      fault = Fault.of(failure);
    }

    Fault fault() {
      return fault;
    }
  }

  /**
   * Reads all parts of a session and makes one file of them.
   *
   * @return empty when there are not several any more
   * @throws Unreadable when one of them cannot be read whole
   * @throws IOException when the local disk fails
   */
  Optional<Packed> merge(Claim claim) throws IOException, Unreadable, InterruptedException {
    List<Part> parts = database.write(handle -> Parts.of(handle, claim.project(), claim.session()));
    if (parts.size() < 2) {
      return Optional.empty();
    }
    try (var spool = new Spool(files)) {
      var frames = new ArrayList<Frame>();
      for (Part part : parts) {
        read(part, frames, spool);
      }
      long json = parts.stream().mapToLong(Part::rawBytes).sum();
      return Optional.of(
          packer.alone(json, () -> write(claim, parts, json, Playback.sorted(frames), spool)));
    }
  }

  private void read(Part part, List<Frame> frames, Spool spool) throws IOException, Unreadable {
    try (FrameCursor cursor = cursor(part)) {
      for (FrameLines next = next(part, cursor); next != null; next = next(part, cursor)) {
        frames.add(next.frame());
        spool.add(next.frame().n(), PayloadWriter.frame(next.lines(), next.lines().length));
      }
    }
  }

  private FrameCursor cursor(Part part) throws Unreadable {
    try {
      return partFiles.open(part).cursor();
    } catch (IOException failure) {
      throw new Unreadable(part, failure);
    }
  }

  private static @Nullable FrameLines next(Part part, FrameCursor cursor) throws Unreadable {
    try {
      return cursor.next().orElse(null);
    } catch (IOException failure) {
      throw new Unreadable(part, failure);
    }
  }

  private Packed write(Claim claim, List<Part> parts, long json, List<Frame> frames, Spool spool)
      throws IOException {
    long bytes = parts.stream().mapToLong(Part::chunkBytes).sum();
    try (PartFile merged = packer.begin(claim, json, bytes)) {
      for (Frame frame : frames) {
        merged.add(frame, spool.get(frame.n()));
      }
      return merged.finish(bytes, packer.today(), new Older(parts));
    }
  }
}
