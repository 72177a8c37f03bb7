package dev.backspool.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.backspool.recording.Frame;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.Outline;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.rrweb.Splitter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A session made of the sample recordings: its frames and their payloads, as the hot store has
 * them.
 */
record SampleSession(String name, List<Piece> pieces) {
  static final List<String> SAMPLES = List.of("swagger", "grid", "admin-short", "admin-long");
  private static final Limits LIMITS = new Limits(50_000, 1_000, 256 << 20);
  private static final Pattern TIMESTAMP = Pattern.compile("(?<=\"timestamp\":)\\d{13}");
  private static final int WINDOW_LOG = 27;
  private static final long BETWEEN_TABS_MS = 2_000;

  /** A frame with its events. */
  record Piece(Frame frame, EventBlock events) {
    /** One zstd frame of newline-delimited JSON. */
    byte[] payload() {
      return events.payload();
    }

    byte[] lines() throws IOException {
      return PayloadReader.lines(payload(), Math.toIntExact(frame.rawBytes()));
    }
  }

  /** One recording, cut as a recorder would have uploaded it. */
  static SampleSession of(String sample) throws IOException {
    var pieces = new ArrayList<Piece>();
    for (EventBlock block : blocks(sample)) {
      pieces.add(piece(pieces.size(), "tab", pieces.size(), block));
    }
    return new SampleSession(sample, pieces);
  }

  /** All the recordings one after the other, again and again, each in a tab of its own. */
  static SampleSession lasting(long millis) throws IOException {
    var samples = new ArrayList<List<EventBlock>>();
    for (String sample : SAMPLES) {
      samples.add(blocks(sample));
    }
    var pieces = new ArrayList<Piece>();
    long begin = start(samples.getFirst());
    long now = begin;
    for (int tab = 0; now - begin < millis; tab++) {
      List<EventBlock> blocks = samples.get(tab % samples.size());
      long shift = now - start(blocks);
      for (int i = 0; i < blocks.size(); i++) {
        Piece piece = piece(pieces.size(), "tab-" + tab, i, moved(blocks.get(i), shift));
        pieces.add(piece);
        now = Math.max(now, piece.frame().lastAt().toEpochMilli());
      }
      now += BETWEEN_TABS_MS;
    }
    return new SampleSession("long session", pieces);
  }

  /** When its last event happened, epoch ms. */
  long endedAt() {
    return pieces.stream()
        .mapToLong(piece -> piece.frame().lastAt().toEpochMilli())
        .max()
        .orElseThrow();
  }

  long json() {
    return pieces.stream().mapToLong(piece -> piece.frame().rawBytes()).sum();
  }

  /** One recording's events, cut as a recorder would have uploaded them. */
  static List<EventBlock> blocks(String sample) throws IOException {
    InputStream file =
        Objects.requireNonNull(
            SampleSession.class.getResourceAsStream("/samples/" + sample + ".json.zst"));
    var blocks = new ArrayList<EventBlock>();
    try (var splitter =
        new Splitter(
            new ZstdInputStreamNoFinalizer(file).setLongMax(WINDOW_LOG), LIMITS, Manner.STRICT)) {
      for (EventBlock block = splitter.next(); block != null; block = splitter.next()) {
        blocks.add(block);
      }
    } catch (EventsRefused e) {
      throw new IOException(sample + " is no recording", e);
    }
    return blocks;
  }

  private static long start(List<EventBlock> blocks) {
    return Objects.requireNonNull(blocks.getFirst().times()).first();
  }

  private static EventBlock moved(EventBlock block, long millis) throws IOException {
    if (millis == 0) {
      return block;
    }
    byte[] lines = PayloadReader.lines(block.payload(), Math.toIntExact(block.rawBytes()));
    // Latin-1 keeps every byte as it is, whatever it encodes.
    byte[] moved =
        TIMESTAMP
            .matcher(new String(lines, ISO_8859_1))
            .replaceAll((MatchResult time) -> Long.toString(Long.parseLong(time.group()) + millis))
            .getBytes(ISO_8859_1);
    try {
      return EventReader.block(moved, LIMITS, Manner.STRICT);
    } catch (EventsRefused e) {
      throw new IOException("moved events are none", e);
    }
  }

  private static Piece piece(long n, String tab, int ordinal, EventBlock block) {
    var times = Objects.requireNonNull(block.times());
    return new Piece(
        new Frame(
            n,
            tab,
            tab + "-" + ordinal,
            null,
            ordinal,
            (long) ordinal,
            Instant.ofEpochMilli(times.last()),
            Instant.ofEpochMilli(times.first()),
            Instant.ofEpochMilli(times.last()),
            block.eventCount(),
            block.counts().userActivity(),
            block.rawBytes(),
            block.payload().length,
            Outline.of(block)),
        block);
  }
}
