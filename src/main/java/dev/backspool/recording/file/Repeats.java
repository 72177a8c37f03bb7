package dev.backspool.recording.file;

import dev.backspool.recording.Frame;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.Outline;
import dev.backspool.rrweb.PayloadWriter;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Leaves out what an upload brings for the second time. A recorder that had no answer sends its
 * events again, alone, in smaller pieces or with what came since, perhaps under another name. So an
 * upload that stands in the tab's upload before it, as a run of whole lines, is left out; and of
 * one that begins with the whole upload before it, that beginning. Nothing else is: single events
 * may well be alike.
 */
final class Repeats {
  private static final Limits ANY = new Limits(Integer.MAX_VALUE, 10_000, 1 << 30);

  private @Nullable Frame frameBefore;
  private byte[] linesBefore = new byte[0];

  /**
   * What is to be kept of an upload.
   *
   * @param frame tells of the lines
   */
  @SuppressWarnings("ArrayRecordComponent") // Bytes on their way to the file; never compared.
  record Kept(Frame frame, byte[] lines) {}

  /** Takes the next upload in play order. */
  Kept keep(Frame frame, byte[] lines) {
    Frame before = frameBefore;
    Kept kept = new Kept(frame, lines);
    if (before != null && before.tab().equals(frame.tab()) && overlap(before, frame)) {
      if (holds(linesBefore, lines)) {
        return nothing(frame, before);
      }
      int same = Arrays.mismatch(linesBefore, lines);
      if (same == linesBefore.length) {
        kept = rest(frame, Arrays.copyOfRange(lines, same, lines.length));
      }
    }
    if (lines.length > 0) {
      frameBefore = frame;
      linesBefore = lines;
    }
    return kept;
  }

  /** Whether their times meet. Most uploads end here; those without times are never repeats. */
  private static boolean overlap(Frame before, Frame frame) {
    Outline outline = frame.outline();
    return outline.from() != 0
        && outline.from() <= before.outline().to()
        && outline.to() >= before.outline().from();
  }

  private static boolean holds(byte[] all, byte[] part) {
    for (int at = 0; at + part.length <= all.length; at = lineAfter(all, at)) {
      if (Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }

  private static int lineAfter(byte[] lines, int at) {
    int end = at;
    while (lines[end] != '\n') {
      end++;
    }
    return end + 1;
  }

  /** The frame stays, so that its ordinal is not missed, without events. */
  private static Kept nothing(Frame frame, Frame before) {
    long end = before.outline().to();
    Outline outline = new Outline(end, end, List.of(), List.of(), List.of(), false);
    int bytes = PayloadWriter.frame(new byte[0], 0).length;
    return new Kept(with(frame, frame.firstAt(), 0, 0, 0, bytes, outline), new byte[0]);
  }

  private static Kept rest(Frame frame, byte[] lines) {
    EventBlock block;
    try {
      EventReader reader = new EventReader(ANY, Manner.LENIENT, "events");
      reader.readLines(lines, 0, lines.length);
      block = reader.finish();
    } catch (EventsRefused e) {
      throw new IllegalStateException("lines that were stored are no lines of JSON", e);
    }
    Outline outline = Outline.of(block);
    // The frame's times are its events' own, moved: what moved the first moves the new first.
    Instant firstAt = frame.firstAt().plusMillis(outline.from() - frame.outline().from());
    return new Kept(
        with(
            frame,
            outline.from() == 0 || firstAt.isAfter(frame.lastAt()) ? frame.firstAt() : firstAt,
            block.eventCount(),
            block.counts().userActivity(),
            lines.length,
            block.payload().length,
            outline),
        lines);
  }

  private static Frame with(
      Frame frame,
      Instant firstAt,
      int events,
      int userEvents,
      int rawBytes,
      int bytes,
      Outline outline) {
    return new Frame(
        frame.n(),
        frame.tab(),
        frame.batchId(),
        frame.clientSession(),
        frame.ordinal(),
        frame.seq(),
        frame.receivedAt(),
        firstAt,
        frame.lastAt(),
        events,
        userEvents,
        rawBytes,
        bytes,
        outline);
  }
}
