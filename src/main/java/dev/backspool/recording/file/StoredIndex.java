package dev.backspool.recording.file;

import dev.backspool.recording.Frame;
import dev.backspool.rrweb.Mark;
import dev.backspool.rrweb.Outline;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The index as its JSON has it. Names here are the format: they may be added to, never changed. */
record StoredIndex(List<StoredGroup> groups) {
  private static final JsonMapper JSON = JsonMapper.shared();

  static StoredIndex fromJson(byte[] json) {
    return JSON.readValue(json, StoredIndex.class);
  }

  /**
   * A group.
   *
   * @param at where its frame, zstd's or the skippable one, begins in the file
   * @param bytes size of that frame, its head included
   * @param json size of its lines
   */
  record StoredGroup(List<StoredFrame> frames, long at, int bytes, long json) {
    byte[] toJson() {
      return JSON.writeValueAsBytes(this);
    }
  }

  /**
   * A recording's frame, within its group.
   *
   * @param receivedAt microseconds since 1970, as {@code firstAt} and {@code lastAt}
   * @param json size of its lines, which follow those of the frame before
   * @param stop how many bytes of the group's zstd frame, from its beginning, hold all lines up to
   *     this frame's end
   * @param crc32c of its lines
   */
  record StoredFrame(
      long n,
      String tab,
      String batchId,
      @Nullable String clientSession,
      int ordinal,
      @Nullable Long seq,
      long receivedAt,
      long firstAt,
      long lastAt,
      int events,
      int userEvents,
      int json,
      long bytes,
      int stop,
      int crc32c,
      StoredOutline outline) {
    static StoredFrame of(Frame frame, int stop, int crc32c) {
      return new StoredFrame(
          frame.n(),
          frame.tab(),
          frame.batchId(),
          frame.clientSession(),
          frame.ordinal(),
          frame.seq(),
          micros(frame.receivedAt()),
          micros(frame.firstAt()),
          micros(frame.lastAt()),
          frame.events(),
          frame.userEvents(),
          Math.toIntExact(frame.rawBytes()),
          frame.bytes(),
          stop,
          crc32c,
          StoredOutline.of(frame.outline()));
    }

    Frame frame() {
      return new Frame(
          n,
          tab,
          batchId,
          clientSession,
          ordinal,
          seq,
          instant(receivedAt),
          instant(firstAt),
          instant(lastAt),
          events,
          userEvents,
          json,
          bytes,
          outline.outline());
    }

    private static long micros(Instant instant) {
      return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }

    private static Instant instant(long micros) {
      return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
  }

  /** What {@link Outline} holds; times in milliseconds since 1970 by the client's clock. */
  record StoredOutline(
      long from,
      long to,
      List<Long> checkpoints,
      List<StoredMark> marks,
      List<Integer> activity,
      boolean endsWithMeta) {
    static StoredOutline of(Outline outline) {
      return new StoredOutline(
          outline.from(),
          outline.to(),
          outline.checkpoints(),
          outline.marks().stream().map(StoredMark::of).toList(),
          outline.activity(),
          outline.endsWithMeta());
    }

    Outline outline() {
      return new Outline(
          from,
          to,
          checkpoints,
          marks.stream().map(StoredMark::mark).toList(),
          activity,
          endsWithMeta);
    }
  }

  /**
   * A moment worth a mark.
   *
   * @param kind {@code click}, {@code input} or {@code error}
   */
  record StoredMark(long at, String kind) {
    static StoredMark of(Mark mark) {
      return new StoredMark(mark.timestamp(), mark.kind().name().toLowerCase(Locale.ROOT));
    }

    Mark mark() {
      return new Mark(at, Mark.Kind.valueOf(kind.toUpperCase(Locale.ROOT)));
    }
  }
}
