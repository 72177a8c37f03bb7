package dev.backspool.recording.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.github.luben.zstd.ZstdCompressCtx;
import dev.backspool.recording.Frame;
import dev.backspool.recording.file.Format.Kind;
import dev.backspool.recording.file.Format.Trailer;
import dev.backspool.recording.file.StoredIndex.StoredFrame;
import dev.backspool.recording.file.StoredIndex.StoredGroup;
import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.Outline;
import dev.backspool.rrweb.PayloadReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Writes a recording's frames into one file. It holds the group that it writes, compressed, the
 * window over it, and what the index says of the frames; not the recording.
 *
 * <p>{@link #add} the frames in play order, tab by tab, then {@link #finish}; {@link #close} in any
 * case, as memory is held outside the heap. One thread at a time.
 */
public final class RecordingWriter implements AutoCloseable {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final byte[] INDEX_BEGINS = "{\"groups\":[".getBytes(US_ASCII);
  private static final byte[] INDEX_ENDS = "]}".getBytes(US_ASCII);

  private final OutputStream out;
  private final Layout layout;
  private final Kind kind;
  private final @Nullable Seal seal;
  private final MessageDigest sha256 = sha256();
  private final GroupWriter group;
  private final Repeats repeats = new Repeats();
  private final ByteArrayOutputStream index = new ByteArrayOutputStream();
  private List<StoredFrame> frames = new ArrayList<>();
  private boolean endsWithMeta;
  private long position;
  private int groups;
  private int frameCount;
  private long events;
  private long repeated;
  private long json;

  /**
   * How a file is laid out. Larger groups are smaller files and longer ways to a moment; {@code
   * docs/performance.md} has the curve.
   *
   * @param level zstd's
   * @param groupJson bytes of JSON that a group holds at most, but for a single frame that is
   *     larger
   * @param groupBytes compressed bytes after which a group ends: what repeats itself less
   *     decompresses slower, and gets smaller groups
   */
  public record Layout(int level, long groupJson, int groupBytes) {
    /** What the curve led to. */
    public static final Layout USUAL = new Layout(9, 112 << 20, 2 << 20);

    /** A group this full ends where the next checkpoint begins. */
    boolean nearlyFull(long json, int bytes) {
      return json >= groupJson / 16 * 15 || bytes >= groupBytes / 16 * 15;
    }
  }

  /**
   * Begins a file.
   *
   * @param out where the file goes; not closed
   * @param key AES-256 key of the recording, or null for a file that anyone can read
   * @param expectedJson size of all the lines that will be added, as far as known: a small
   *     recording is then written with little memory. A wrong figure makes the file larger, not
   *     wrong
   * @throws IllegalArgumentException when the key has not 32 bytes
   */
  public RecordingWriter(OutputStream out, @Nullable SecretKey key, long expectedJson)
      throws IOException {
    this(out, key, expectedJson, Layout.USUAL);
  }

  /** As the other, in another layout. Readers need not know of it. */
  public RecordingWriter(
      OutputStream out, @Nullable SecretKey key, long expectedJson, Layout layout)
      throws IOException {
    this.out = out;
    this.layout = layout;
    // Without a key nothing is random: the same recording makes the same file.
    byte[] fileId = new byte[Format.FILE_ID_BYTES];
    if (key != null) {
      RANDOM.nextBytes(fileId);
    }
    kind = new Kind(Format.VERSION, key != null, fileId);
    seal = key == null ? null : new Seal(key, kind);
    group = new GroupWriter(layout.level(), Math.min(expectedJson, layout.groupJson()));
    write(kind.header());
    index.writeBytes(INDEX_BEGINS);
  }

  /**
   * Adds the next frame.
   *
   * @param frame what is known of it, of which the file keeps everything
   * @param payload its events: one zstd frame of newline-delimited JSON
   * @throws DamagedPayload when the payload is not what the frame tells of; nothing of it is
   *     written then, and others may follow
   * @throws IOException when the file cannot be written; the writer is of no more use
   */
  public void add(Frame frame, byte[] payload) throws IOException {
    int size = Math.toIntExact(frame.rawBytes());
    byte[] lines = PayloadReader.lines(payload, size);
    if (lines.length != size) {
      throw new DamagedPayload("the payload has " + lines.length + " of " + size + " bytes");
    }
    var kept = repeats.keep(frame, lines);
    repeated += frame.events() - kept.frame().events();
    add(kept);
  }

  private void add(Repeats.Kept kept) throws IOException {
    Frame frame = kept.frame();
    byte[] lines = kept.lines();
    if (!frames.isEmpty() && mustEnd(frame.outline(), lines.length)) {
      endGroup();
    }
    endsWithMeta = frame.outline().endsWithMeta();
    group.add(lines);
    frames.add(StoredFrame.of(frame, group.stored(), Format.crc(lines, 0, lines.length)));
    frameCount++;
    events += frame.events();
    json += lines.length;
  }

  private boolean mustEnd(Outline next, int nextJson) {
    boolean checkpoint =
        !endsWithMeta
            && !next.checkpoints().isEmpty()
            && next.checkpoints().getFirst() == next.from();
    return group.json() + nextJson > layout.groupJson()
        || group.stored() >= layout.groupBytes()
        || (checkpoint && layout.nearlyFull(group.json(), group.stored()));
  }

  private void endGroup() throws IOException {
    long groupJson = group.json();
    byte[] frame = group.finish();
    long at = position;
    if (seal == null) {
      write(frame);
    } else {
      writeSkippable(
          Format.GROUP_MAGIC, seal.seal(Format.GROUP_MAGIC, groups, frame, frame.length));
    }
    if (groups > 0) {
      index.write(',');
    }
    index.writeBytes(
        new StoredGroup(frames, at, Math.toIntExact(position - at), groupJson).toJson());
    frames = new ArrayList<>();
    groups++;
  }

  /** Writes what is left, and the index. Without it the file cannot be read. */
  public Written finish() throws IOException {
    if (!frames.isEmpty()) {
      endGroup();
    }
    index.writeBytes(INDEX_ENDS);
    byte[] bytes = compressedIndex();
    long indexAt = position;
    writeSkippable(
        Format.INDEX_MAGIC,
        seal == null ? bytes : seal.seal(Format.INDEX_MAGIC, 0, bytes, bytes.length));
    int indexBytes = Math.toIntExact(position - indexAt);
    write(new Trailer(kind, indexAt, indexBytes, index.size(), groups, soFar()).bytes());
    out.flush();
    return new Written(
        position,
        HexFormat.of().formatHex(sha256.digest()),
        groups,
        frameCount,
        events,
        json,
        repeated);
  }

  private byte[] compressedIndex() {
    try (var context = new ZstdCompressCtx().setLevel(layout.level()).setChecksum(true)) {
      return context.compress(index.toByteArray());
    }
  }

  private void writeSkippable(int magic, byte[] bytes) throws IOException {
    write(Format.head(magic, bytes.length));
    write(bytes);
  }

  private void write(byte[] bytes) throws IOException {
    out.write(bytes);
    sha256.update(bytes);
    position += bytes.length;
  }

  private byte[] soFar() {
    try {
      return ((MessageDigest) sha256.clone()).digest();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 cannot be copied", e);
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK has no SHA-256", e);
    }
  }

  @Override
  public void close() {
    group.close();
  }
}
