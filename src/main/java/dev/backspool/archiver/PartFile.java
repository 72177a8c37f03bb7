package dev.backspool.archiver;

import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.file.RecordingWriter;
import dev.backspool.recording.file.Written;
import dev.backspool.rrweb.DamagedPayload;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** A part that is being written. One thread at a time; close it in any case. */
final class PartFile implements AutoCloseable {
  /** Up to here a file is kept in memory: its uploads are larger than it will be. */
  private static final long MOST_IN_MEMORY = 4L << 20;

  private static final int NAME_DIGITS = 40;

  private final Claim claim;
  private final byte @Nullable [] wrappedKey;
  private final @Nullable Path file;
  private final OutputStream out;
  private final RecordingWriter writer;
  private final List<Frame> frames = new ArrayList<>();
  private boolean finished;

  private PartFile(
      Claim claim,
      @Nullable SecretKey key,
      byte @Nullable [] wrappedKey,
      @Nullable Path file,
      OutputStream out,
      long json)
      throws IOException {
    this.claim = claim;
    this.wrappedKey = wrappedKey;
    this.file = file;
    this.out = out;
    writer = new RecordingWriter(out, key, json);
  }

  /**
   * Begins a part.
   *
   * @param key encrypts it; null leaves it readable for anyone
   * @param wrappedKey the same for its row
   * @param json size of all its lines, as far as known
   * @param bytes size of its uploads, as far as known
   */
  static PartFile begin(
      Claim claim,
      @Nullable SecretKey key,
      byte @Nullable [] wrappedKey,
      long json,
      long bytes,
      PassingFiles files)
      throws IOException {
    if (bytes <= MOST_IN_MEMORY) {
      return new PartFile(claim, key, wrappedKey, null, new ByteArrayOutputStream(), json);
    }
    Path file = files.make();
    try {
      OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
      return new PartFile(claim, key, wrappedKey, file, out, json);
    } catch (IOException | RuntimeException failure) {
      Files.deleteIfExists(file);
      throw failure;
    }
  }

  /**
   * Adds the next frame in play order.
   *
   * @throws DamagedPayload when the payload is not the frame's; it is left out, and others follow
   */
  void add(Frame frame, byte[] payload) throws IOException {
    writer.add(frame, payload);
    frames.add(frame);
  }

  /** The frames that were added. */
  List<Frame> frames() {
    return frames;
  }

  /**
   * Ends the file, which from here on is the caller's.
   *
   * @param chunkBytes size that its uploads had in PostgreSQL
   * @param day of the archiving, for its name
   */
  Packed finish(long chunkBytes, LocalDate day, Packed.Origin origin) throws IOException {
    Written written = writer.finish();
    Instant first = frames.stream().map(Frame::firstAt).min(Instant::compareTo).orElseThrow();
    Instant last = frames.stream().map(Frame::lastAt).max(Instant::compareTo).orElseThrow();
    var part =
        new Part(
            claim.project(),
            claim.session(),
            "recordings/" + day + "/" + written.sha256().substring(0, NAME_DIGITS) + ".bksp",
            written.bytes(),
            written.json(),
            chunkBytes,
            written.frames(),
            written.events(),
            first,
            last,
            Slots.of(frames, first, last),
            wrappedKey,
            false);
    out.close();
    finished = true;
    return new Packed(claim, part, body(), origin);
  }

  private Body body() {
    return file == null
        ? new Body.Bytes(((ByteArrayOutputStream) out).toByteArray())
        : new Body.OfFile(file);
  }

  @Override
  public void close() throws IOException {
    writer.close();
    if (!finished) {
      try {
        out.close(); // On a full disk this fails as well, and what made it full is what counts.
      } finally {
        if (file != null) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
