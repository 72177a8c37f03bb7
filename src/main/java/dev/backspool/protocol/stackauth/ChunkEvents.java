package dev.backspool.protocol.stackauth;

import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Payload;
import dev.backspool.recording.Playback;
import dev.backspool.rrweb.PayloadReader;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** The events of stored chunks, byte for byte as they were sent. */
final class ChunkEvents {
  /** More than any upload of any contract may inflate to. */
  private static final int MOST_BYTES = 1 << 30;

  private final Playback playback;

  ChunkEvents(Playback playback) {
    this.playback = playback;
  }

  /** What came of opening a chunk. */
  sealed interface Opened {
    /**
     * Its events.
     *
     * @param lines a line of JSON each
     */
    @SuppressWarnings("ArrayRecordComponent") // Bytes on their way out; never compared.
    record Events(byte[] lines) implements Opened {}

    /**
     * Not to be had.
     *
     * @param reason {@code missing}, {@code damaged} or {@code unavailable}
     */
    record Gap(String reason) implements Opened {}
  }

  /** Opens a chunk; what is wrong with it is an answer, so that others can still be read. */
  Opened open(UUID project, UUID replay, long chunk) {
    try {
      Optional<Payload> payload = playback.verified(project, replay, chunk);
      return payload.isEmpty()
          ? new Opened.Gap("missing")
          : new Opened.Events(PayloadReader.lines(payload.get().zstd(), MOST_BYTES));
    } catch (IOException e) {
      return new Opened.Gap(Fault.of(e).name().toLowerCase(Locale.ROOT));
    } catch (DatabaseUnavailable e) {
      return new Opened.Gap("unavailable");
    }
  }

  /**
   * Writes lines as a JSON array. A line's JSON holds no line break, so each one found ends an
   * event.
   */
  static void writeArray(OutputStream out, byte[] lines) throws IOException {
    int end = Math.max(0, lines.length - 1);
    for (int i = 0; i < end; i++) {
      if (lines[i] == '\n') {
        lines[i] = ',';
      }
    }
    out.write('[');
    out.write(lines, 0, end);
    out.write(']');
  }
}
