package dev.backspool.archiver;

import dev.backspool.archiver.HotFrames.Wanted;
import dev.backspool.archiver.Packed.Uploads;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Playback;
import dev.backspool.rrweb.DamagedPayload;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** Makes files of uploads. Any thread may call. */
final class Packer {
  /** What goes into one part at most. */
  private static final long MOST_BYTES = 256L << 20;

  /** From here on the window over a file takes so much memory that one is made at a time. */
  private static final long LARGE_JSON = 32L << 20;

  private final DataKeys keys;
  private final boolean encrypted;
  private final PassingFiles files;
  private final InstantSource clock;
  private final Semaphore large = new Semaphore(1);

  /** Compressing takes a core each; half of them are left to those who wait for answers. */
  private final Semaphore cores =
      new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

  Packer(DataKeys keys, boolean encrypted, PassingFiles files, InstantSource clock) {
    this.keys = keys;
    this.encrypted = encrypted;
    this.files = files;
    this.clock = clock;
  }

  /** What became of a session's uploads. */
  sealed interface Result {}

  /** A file of them. */
  record Made(Packed packed) implements Result {}

  /** None of them can be read. */
  record AllDamaged(Claim claim, int uploads) implements Result {}

  /** Nothing may be archived now, whatever the session's row says. */
  record Nothing(Claim claim) implements Result {}

  /** Some were removed while they were read. */
  record Gone(Claim claim) implements Result {}

  /** The local disk failed. */
  record NoDisk(Claim claim, IOException failure) implements Result {}

  /**
   * Which of a session's frames go into its next part, in play order: all when it is idle, else
   * those that came before a moment; the oldest where they are too much for one part.
   */
  static List<Frame> choose(Claim claim, List<Frame> frames, Instant idleSince) {
    List<Frame> old =
        claim.idle()
            ? frames
            : frames.stream().filter(frame -> !frame.receivedAt().isAfter(idleSince)).toList();
    if (sum(old) > MOST_BYTES) {
      var oldest = new ArrayList<Frame>();
      long bytes = 0;
      for (Frame frame : old.stream().sorted(Comparator.comparing(Frame::receivedAt)).toList()) {
        bytes += frame.bytes();
        if (bytes > MOST_BYTES && !oldest.isEmpty()) {
          break;
        }
        oldest.add(frame);
      }
      old = oldest;
    }
    return Playback.sorted(old);
  }

  private static long sum(List<Frame> frames) {
    return frames.stream().mapToLong(Frame::bytes).sum();
  }

  /** Makes a file for each of some sessions. */
  List<Result> pack(List<Chosen> sessions, HotFrames chunks) throws InterruptedException {
    var wanted = new ArrayList<Wanted>();
    for (Chosen session : sessions) {
      session.frames().forEach(frame -> wanted.add(new Wanted(session.claim().key(), frame)));
    }
    var payloads = new Payloads(chunks, wanted);
    var results = new ArrayList<Result>();
    cores.acquire();
    try {
      for (Chosen session : sessions) {
        results.add(pack(session, payloads));
      }
      return results;
    } catch (RuntimeException | InterruptedException failure) {
      discard(results);
      throw failure;
    } finally {
      cores.release();
    }
  }

  /** A session and its frames to be packed, in play order. */
  record Chosen(Claim claim, List<Frame> frames) {
    long json() {
      return frames.stream().mapToLong(Frame::rawBytes).sum();
    }
  }

  private Result pack(Chosen session, Payloads payloads) throws InterruptedException {
    return session.frames().isEmpty()
        ? new Nothing(session.claim())
        : withWindow(session.json(), () -> write(session, payloads));
  }

  /** Compresses something. */
  @FunctionalInterface
  interface Compressing<R, X extends Exception> {
    R run() throws X;
  }

  /**
   * Compresses what is no part of {@link #pack}, when there is a core for it and room for its
   * window.
   *
   * @param json its size
   */
  <R, X extends Exception> R alone(long json, Compressing<R, X> task)
      throws X, InterruptedException {
    cores.acquire();
    try {
      return withWindow(json, task);
    } finally {
      cores.release();
    }
  }

  private <R, X extends Exception> R withWindow(long json, Compressing<R, X> task)
      throws X, InterruptedException {
    if (json <= LARGE_JSON) {
      return task.run();
    }
    large.acquire();
    try {
      return task.run();
    } finally {
      large.release();
    }
  }

  private Result write(Chosen session, Payloads payloads) {
    Claim claim = session.claim();
    int left = session.frames().size();
    try (PartFile part = begin(claim, session.json(), sum(session.frames()))) {
      int damaged = 0;
      for (Frame frame : session.frames()) {
        byte[] payload = payloads.next();
        left--;
        if (payload == null) {
          return new Gone(claim);
        }
        try {
          part.add(frame, payload);
        } catch (DamagedPayload damage) {
          damaged++;
        }
      }
      List<Frame> frames = List.copyOf(part.frames());
      return frames.isEmpty()
          ? new AllDamaged(claim, damaged)
          : new Made(part.finish(sum(frames), today(), new Uploads(frames, damaged)));
    } catch (IOException failure) {
      return new NoDisk(claim, failure);
    } finally {
      payloads.skip(left);
    }
  }

  /** Begins a part, under a key of its own unless recordings are not to be encrypted. */
  PartFile begin(Claim claim, long json, long bytes) throws IOException {
    UUID project = claim.project();
    @Nullable SecretKey key = encrypted ? keys.generate() : null;
    return PartFile.begin(
        claim, key, key == null ? null : keys.wrap(project, key), json, bytes, files);
  }

  LocalDate today() {
    return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
  }

  private static void discard(List<Result> results) {
    for (Result result : results) {
      if (result instanceof Made made) {
        made.packed().discard();
      }
    }
  }
}
