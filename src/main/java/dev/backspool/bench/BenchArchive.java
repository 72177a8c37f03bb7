package dev.backspool.bench;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.backspool.bench.SampleSession.Piece;
import dev.backspool.recording.file.ArchivedRecording;
import dev.backspool.recording.file.RangeSource;
import dev.backspool.recording.file.ReadAhead;
import dev.backspool.recording.file.RecordingWriter;
import dev.backspool.recording.file.RecordingWriter.Layout;
import dev.backspool.recording.file.Written;
import dev.backspool.rrweb.PayloadWriter;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.zip.GZIPOutputStream;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backspool bench archive}. */
@Command(
    name = "archive",
    mixinStandardHelpOptions = true,
    description = {
      "How small recordings become in the archive, how fast, and how long a seek takes.",
      "",
      "On one core, in this process. Sizes beside gzip -6 of each five seconds, and zstd -19",
      "--long=27 of the whole. A seek takes, at a random moment, every event from the nearest",
      "checkpoint on out of the file in a directory, checked; its index was read before, nothing",
      "else. 'as payloads' compresses them again as the player fetches them."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchArchive implements Callable<Integer> {
  private static final int CHUNK_MS = 5_000;
  private static final int BEST_LEVEL = 19;
  private static final int WINDOW_LOG = 27;
  private static final int WARM_UP = 40;
  private static final int KEY_BYTES = 32;
  private static final double MEGA = 1e6;

  @Option(
      names = "--seeks",
      defaultValue = "200",
      description = "Random moments of each session (${DEFAULT-VALUE}).")
  private int seeks;

  @Option(
      names = "--hours",
      defaultValue = "4",
      description = "Length of the long session (${DEFAULT-VALUE}); 0 for none.")
  private int hours;

  @Option(
      names = "--curve",
      description = "Also prints size, speed and seek for group sizes and levels.")
  private boolean curve;

  @Option(
      names = "--group-mb",
      split = ",",
      defaultValue = "4,16,32,64,96,112,160",
      description = "Group sizes of the curve (${DEFAULT-VALUE}).")
  private List<Integer> groupMegabytes;

  @Option(
      names = "--levels",
      split = ",",
      defaultValue = "3,9,12",
      description = "Levels of the curve (${DEFAULT-VALUE}).")
  private List<Integer> levels;

  /** A file and the processor time that it took. */
  private record Archived(Written written, double megabytesPerSecond) {}

  /** Milliseconds of a seek. */
  private record Times(double p50, double p95) {}

  @Override
  public Integer call() throws IOException {
    Path file = Files.createTempFile("backspool-bench", ".bksp");
    try {
      sizes(file);
      if (hours > 0) {
        longSession(file);
      }
      if (curve) {
        curve(file);
      }
    } finally {
      Files.delete(file);
    }
    return 0;
  }

  private void sizes(Path file) throws IOException {
    System.out.printf(
        "%-12s %8s %10s %10s %10s %10s %7s %7s %7s %8s%n",
        "",
        "MB json",
        "gzip",
        "zstd -19",
        "archive",
        "encrypted",
        "to gzip",
        "to -19",
        "groups",
        "MB/s");
    for (String sample : SampleSession.SAMPLES) {
      SampleSession session = SampleSession.of(sample);
      long gzip = gzip(session);
      long best = best(session);
      long encrypted = archive(session, file, newKey(), Layout.USUAL).written().bytes();
      Archived archived = measured(session, file);
      long bytes = archived.written().bytes();
      System.out.printf(
          "%-12s %8.2f %,10d %,10d %,10d %,10d %7.3f %7.2f %7d %8.0f%n",
          sample,
          session.json() / MEGA,
          gzip,
          best,
          bytes,
          encrypted,
          (double) bytes / gzip,
          (double) bytes / best,
          archived.written().groups(),
          archived.megabytesPerSecond());
      tellSeeks(session, file);
    }
  }

  private void longSession(Path file) throws IOException {
    SampleSession session = SampleSession.lasting(Duration.ofHours(hours).toMillis());
    Archived archived = archive(session, file, null, Layout.USUAL);
    System.out.printf(
        "%d hours, %d tabs, %,d MB of JSON: %,d bytes in %d groups, %.0f MB/s%n",
        hours,
        session.pieces().stream().map(piece -> piece.frame().tab()).distinct().count(),
        session.json() / 1_000_000,
        archived.written().bytes(),
        archived.written().groups(),
        archived.megabytesPerSecond());
    tellSeeks(session, file);
  }

  private void curve(Path file) throws IOException {
    SampleSession session = SampleSession.of("admin-long");
    System.out.printf(
        "%8s %6s %7s %10s %8s %8s %8s%n",
        "group MB", "level", "groups", "bytes", "MB/s", "p50 ms", "p95 ms");
    for (int megabytes : groupMegabytes) {
      for (int level : levels) {
        // The bound on compressed bytes is out of the way: the curve is of the other.
        Layout layout = new Layout(level, (long) megabytes << 20, Integer.MAX_VALUE / 2);
        Archived archived = archive(session, file, null, layout);
        Times times = seeks(session, file, false);
        System.out.printf(
            "%8d %6d %7d %,10d %8.0f %8.1f %8.1f%n",
            megabytes,
            level,
            archived.written().groups(),
            archived.written().bytes(),
            archived.megabytesPerSecond(),
            times.p50(),
            times.p95());
      }
    }
  }

  private static SecretKey newKey() {
    byte[] key = new byte[KEY_BYTES];
    new java.security.SecureRandom().nextBytes(key);
    return new SecretKeySpec(key, "AES");
  }

  /** The best of some runs, each after the JVM has seen the code at work. */
  private static Archived measured(SampleSession session, Path file) throws IOException {
    long until = System.nanoTime() + 2_000_000_000L;
    Archived best = archive(session, file, null, Layout.USUAL);
    while (System.nanoTime() < until) {
      Archived again = archive(session, file, null, Layout.USUAL);
      best = again.megabytesPerSecond() > best.megabytesPerSecond() ? again : best;
    }
    return best;
  }

  private static Archived archive(
      SampleSession session, Path file, @Nullable SecretKey key, Layout layout) throws IOException {
    var threads = ManagementFactory.getThreadMXBean();
    long began = threads.getCurrentThreadCpuTime();
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
        var writer = new RecordingWriter(out, key, session.json(), layout)) {
      for (Piece piece : session.pieces()) {
        writer.add(piece.frame(), piece.payload());
      }
      Written written = writer.finish();
      long spent = threads.getCurrentThreadCpuTime() - began;
      return new Archived(written, session.json() / (spent / 1e3));
    }
  }

  private static long gzip(SampleSession session) throws IOException {
    long bytes = 0;
    int first = 0;
    List<Piece> pieces = session.pieces();
    while (first < pieces.size()) {
      long until = pieces.get(first).frame().firstAt().toEpochMilli() + CHUNK_MS;
      var chunk = new ByteArrayOutputStream();
      try (var gzip = new GZIPOutputStream(chunk)) { // at level 6, as the gzip command
        do {
          gzip.write(pieces.get(first).lines());
          first++;
        } while (first < pieces.size()
            && pieces.get(first).frame().lastAt().toEpochMilli() <= until);
      }
      bytes += chunk.size();
    }
    return bytes;
  }

  private static long best(SampleSession session) throws IOException {
    var whole = new Counted();
    try (var zstd = new ZstdOutputStreamNoFinalizer(whole, BEST_LEVEL).setLong(WINDOW_LOG)) {
      for (Piece piece : session.pieces()) {
        zstd.write(piece.lines());
      }
    }
    return whole.bytes;
  }

  /** Counts what is written. */
  private static final class Counted extends OutputStream {
    private long bytes;

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] some, int from, int length) {
      bytes += length;
    }
  }

  private void tellSeeks(SampleSession session, Path file) throws IOException {
    Times lines = seeks(session, file, false);
    Times payloads = seeks(session, file, true);
    long began = System.nanoTime();
    ArchivedRecording recording = open(file);
    long opened = System.nanoTime();
    int frames = recording.frames().size();
    long listed = System.nanoTime();
    System.out.printf(
        "  %d seeks: p50 %.1f ms, p95 %.1f ms; as payloads p50 %.1f, p95 %.1f; opening %.1f ms,"
            + " listing its %d frames %.1f ms%n",
        seeks,
        lines.p50(),
        lines.p95(),
        payloads.p50(),
        payloads.p95(),
        (opened - began) / MEGA,
        frames,
        (listed - opened) / MEGA);
  }

  private static ArchivedRecording open(Path file) throws IOException {
    return ArchivedRecording.open(RangeSource.of(file), null, new ReadAhead(0));
  }

  private Times seeks(SampleSession session, Path file, boolean compress) throws IOException {
    ArchivedRecording recording = open(file);
    var random = new SplittableRandom(1);
    List<Piece> pieces = session.pieces();
    long from = pieces.getFirst().frame().firstAt().toEpochMilli();
    long to = pieces.getLast().frame().lastAt().toEpochMilli();
    long[] nanos = new long[seeks];
    for (int i = -WARM_UP; i < seeks; i++) {
      int last = at(pieces, random.nextLong(from, to + 1));
      int first = checkpoint(pieces, last);
      long began = System.nanoTime();
      for (byte[] lines :
          recording.lines(pieces.get(first).frame().n(), pieces.get(last).frame().n())) {
        if (compress) {
          PayloadWriter.frame(lines, lines.length);
        }
      }
      if (i >= 0) {
        nanos[i] = System.nanoTime() - began;
      }
    }
    Arrays.sort(nanos);
    return new Times(nanos[seeks / 2] / MEGA, nanos[(seeks * 95 - 1) / 100] / MEGA);
  }

  /** The last frame that begins at or before a moment. */
  private static int at(List<Piece> pieces, long moment) {
    int last = 0;
    while (last + 1 < pieces.size()
        && pieces.get(last + 1).frame().firstAt().toEpochMilli() <= moment) {
      last++;
    }
    return last;
  }

  /** The frame at or before this one in its tab from which it can be shown. */
  private static int checkpoint(List<Piece> pieces, int last) {
    int first = last;
    while (first > 0
        && pieces.get(first).frame().outline().checkpoints().isEmpty()
        && pieces.get(first - 1).frame().tab().equals(pieces.get(last).frame().tab())) {
      first--;
    }
    return first;
  }
}
