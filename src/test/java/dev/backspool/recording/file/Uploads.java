package dev.backspool.recording.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.backspool.recording.Frame;
import dev.backspool.recording.file.RecordingWriter.Layout;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.Outline;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.rrweb.Recordings;
import dev.backspool.rrweb.Splitter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Frames with their payloads, as the hot store would give them, and files of them. */
final class Uploads {
  private static final Limits LIMITS = new Limits(100_000, 2_000, 1 << 28);

  /** Groups so small that every sample has several. */
  static final Layout SMALL_GROUPS = new Layout(3, 1 << 20, 16 << 10);

  static final SecretKey KEY = key(1);

  private Uploads() {}

  record Upload(Frame frame, byte[] payload) {
    byte[] lines() throws IOException {
      return PayloadReader.lines(payload, (int) frame.rawBytes());
    }
  }

  static SecretKey key(int filler) {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) filler);
    return new SecretKeySpec(key, "AES");
  }

  static Upload upload(long n, String tab, String lines) throws EventsRefused {
    return upload(n, tab, EventReader.block(lines.getBytes(UTF_8), LIMITS, Manner.LENIENT));
  }

  static Upload upload(long n, String tab, EventBlock block) {
    Outline outline = Outline.of(block);
    return new Upload(
        new Frame(
            n,
            tab,
            "batch-" + n,
            n % 2 == 0 ? null : "client-" + n,
            (int) n,
            n % 3 == 0 ? null : n,
            Instant.ofEpochMilli(outline.to()).plusNanos(123_456_000),
            Instant.ofEpochMilli(outline.from()),
            Instant.ofEpochMilli(outline.to()),
            block.eventCount(),
            block.counts().userActivity(),
            block.rawBytes(),
            block.payload().length,
            outline),
        block.payload());
  }

  /** A line of JSON that is an incremental event. */
  static String event(long timestamp, String data) {
    return "{\"type\":3,\"data\":{\"source\":2,\"type\":2,\"id\":\"%s\"},\"timestamp\":%d}\n"
        .formatted(data, timestamp);
  }

  static List<Upload> sample(String name) throws IOException, EventsRefused {
    return recording(Recordings.sample(name), "tab", 0);
  }

  static List<Upload> recording(byte[] json, String tab, long firstN)
      throws IOException, EventsRefused {
    var uploads = new ArrayList<Upload>();
    try (var splitter = new Splitter(new ByteArrayInputStream(json), LIMITS, Manner.LENIENT)) {
      for (EventBlock block = splitter.next(); block != null; block = splitter.next()) {
        uploads.add(upload(firstN + uploads.size(), tab, block));
      }
    }
    return uploads;
  }

  record File(byte[] bytes, Written written) {}

  static File file(List<Upload> uploads, @Nullable SecretKey key, Layout layout)
      throws IOException {
    long json = uploads.stream().mapToLong(upload -> upload.frame().rawBytes()).sum();
    var out = new ByteArrayOutputStream();
    try (var writer = new RecordingWriter(out, key, json, layout)) {
      for (Upload upload : uploads) {
        writer.add(upload.frame(), upload.payload());
      }
      Written written = writer.finish();
      return new File(out.toByteArray(), written);
    }
  }

  static ArchivedRecording open(byte[] file, @Nullable SecretKey key) throws IOException {
    return ArchivedRecording.open(RangeSource.of(file), key, new ReadAhead(0));
  }

  static List<Frame> frames(List<Upload> uploads) {
    return uploads.stream().map(Upload::frame).toList();
  }

  /** All lines of a file as text, by reading it through. */
  static String text(ArchivedRecording recording) throws IOException {
    var all = new ByteArrayOutputStream();
    try (FrameCursor cursor = recording.cursor()) {
      for (var frame = cursor.next(); frame.isPresent(); frame = cursor.next()) {
        all.writeBytes(frame.get().lines());
      }
    }
    return all.toString(UTF_8);
  }
}
