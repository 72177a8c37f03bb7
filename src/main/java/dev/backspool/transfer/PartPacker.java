package dev.backspool.transfer;

import dev.backspool.archiver.Slots;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.file.RecordingWriter;
import dev.backspool.recording.file.Written;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.Outline;
import dev.backspool.rrweb.PayloadWriter;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Makes objects for the archive of the frames in a project file, under keys of the installation
 * they come to. What is known of a frame beyond its line is read from its events again, by this
 * program's own reader. One frame is in memory, and what the object's index says of the others.
 */
final class PartPacker {
  private static final Limits ANY = new Limits(Integer.MAX_VALUE, 10_000, 1 << 30);
  private static final int NAME_DIGITS = 40;

  private final DataKeys keys;
  private final boolean encrypted;
  private final Spools spools;

  PartPacker(DataKeys keys, boolean encrypted, Spools spools) {
    this.keys = keys;
    this.encrypted = encrypted;
    this.spools = spools;
  }

  /** All frames as they are. */
  static final Function<FrameLine, @Nullable FrameLine> ALL = frame -> frame;

  /**
   * Makes an object of a recording.
   *
   * @param frames all of the recording, in play order
   * @param lines their events
   * @param choice gives for each frame the one to pack in its place, or null to leave it out; takes
   *     one at least
   * @throws ProjectFileException when the events are not those of the frames
   */
  PackedPart pack(
      UUID project,
      UUID session,
      List<FrameLine> frames,
      FrameSplitter lines,
      Function<FrameLine, @Nullable FrameLine> choice)
      throws IOException {
    var object = spools.make();
    try {
      @Nullable SecretKey key = encrypted ? keys.generate() : null;
      long json = frames.stream().mapToLong(FrameLine::bytes).sum();
      try (var writer = new RecordingWriter(object, key, json)) {
        var packing = new Packing(writer);
        for (FrameLine frame : frames) {
          byte[] events = lines.next(frame);
          FrameLine chosen = choice.apply(frame);
          if (chosen != null) {
            packing.add(chosen, events);
          }
        }
        lines.end();
        return new PackedPart(
            part(project, session, packing, writer.finish(), wrapped(project, key)),
            packing.taken,
            packing.sums(),
            object);
      }
    } catch (IOException | RuntimeException failure) {
      object.close();
      throw failure;
    }
  }

  private byte @Nullable [] wrapped(UUID project, @Nullable SecretKey key) {
    return key == null ? null : keys.wrap(project, key);
  }

  private static Part part(
      UUID project, UUID session, Packing packing, Written written, byte @Nullable [] wrappedKey) {
    List<Frame> frames = packing.frames;
    Instant first = frames.stream().map(Frame::firstAt).min(Instant::compareTo).orElseThrow();
    Instant last = frames.stream().map(Frame::lastAt).max(Instant::compareTo).orElseThrow();
    return new Part(
        project,
        session,
        "recordings/%s/%s.bksp"
            .formatted(LocalDate.now(ZoneOffset.UTC), written.sha256().substring(0, NAME_DIGITS)),
        written.bytes(),
        written.json(),
        frames.stream().mapToLong(Frame::bytes).sum(),
        written.frames(),
        written.events(),
        first,
        last,
        Slots.of(frames, first, last),
        wrappedKey,
        false);
  }

  /** An object that is being made. */
  private static final class Packing {
    private final RecordingWriter writer;
    private final List<FrameLine> taken = new ArrayList<>();
    private final List<Frame> frames = new ArrayList<>();

    /** When the last event of each tab happened, by its own clock. */
    private final Map<String, Long> ends = new HashMap<>();

    private long events;
    private int clicks;
    private int inputs;
    private int errors;
    private int pages;
    private boolean fullSnapshot;

    Packing(RecordingWriter writer) {
      this.writer = writer;
    }

    void add(FrameLine line, byte[] lines) throws IOException {
      EventBlock block = read(line, lines);
      byte[] payload =
          block.rawBytes() == lines.length
              ? block.payload()
              : PayloadWriter.frame(lines, lines.length);
      Frame frame =
          new Frame(
              line.n(),
              line.tab(),
              line.batchId(),
              line.clientSession(),
              line.ordinal(),
              line.seq(),
              line.receivedAt(),
              line.firstAt(),
              line.lastAt(),
              block.eventCount(),
              block.counts().userActivity(),
              lines.length,
              payload.length,
              outline(line, block));
      writer.add(frame, payload);
      taken.add(line);
      frames.add(frame);
      Integer uploaded = line.uploaded();
      events += uploaded == null ? block.eventCount() : uploaded;
      clicks += block.counts().clicks();
      inputs += block.counts().inputs();
      errors += block.counts().errors();
      pages += block.pages().size();
      fullSnapshot |= block.hasFullSnapshot();
    }

    private static EventBlock read(FrameLine line, byte[] lines) throws IOException {
      try {
        var reader = new EventReader(ANY, Manner.LENIENT, "events");
        reader.readLines(lines, 0, lines.length);
        return reader.finish();
      } catch (EventsRefused e) {
        throw new ProjectFileException(
            "Frame %d of tab %s holds no events: %s"
                .formatted(line.ordinal(), line.tab(), e.getMessage()),
            e);
      }
    }

    /** A frame whose events all came with the one before it stands at that one's end. */
    private Outline outline(FrameLine line, EventBlock block) {
      Outline outline = Outline.of(block);
      if (outline.from() != 0) {
        ends.put(line.tab(), outline.to());
        return outline;
      }
      long end = block.eventCount() == 0 ? ends.getOrDefault(line.tab(), 0L) : 0;
      return new Outline(
          end,
          end,
          outline.checkpoints(),
          outline.marks(),
          outline.activity(),
          outline.endsWithMeta());
    }

    PackedPart.Sums sums() {
      return new PackedPart.Sums(
          events,
          clicks,
          inputs,
          errors,
          pages,
          frames.stream().mapToLong(Frame::rawBytes).sum(),
          frames.stream().mapToLong(Frame::bytes).sum(),
          fullSnapshot);
    }
  }
}
