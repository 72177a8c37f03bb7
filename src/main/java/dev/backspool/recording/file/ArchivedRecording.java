package dev.backspool.recording.file;

import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.backspool.recording.Frame;
import dev.backspool.recording.file.Format.Trailer;
import dev.backspool.recording.file.StoredIndex.StoredFrame;
import dev.backspool.recording.file.StoredIndex.StoredGroup;
import dev.backspool.rrweb.PayloadWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * A recording in a file. Opening reads the file's end once; what is kept is small, the places of
 * the frames and the index as it was compressed, so that many may be kept open. Holds nothing that
 * must be closed. Any thread may call.
 *
 * <p>Each frame's lines are checked before they are handed out. A damaged group costs its own
 * frames, from the damage on; the others are read as ever.
 */
public final class ArchivedRecording {
  /** The first read from the end: of all but very long recordings it holds the whole index. */
  private static final int TAIL_BYTES = 64 * 1024;

  private static final int MOST_INDEX_JSON = 1 << 30;
  private static final int CHECK_BYTES = 1 << 20;

  private static final int HEAP_BYTES = 1_000;

  /** Three numbers, and an entry of the map with its boxed key and value. */
  private static final int HEAP_BYTES_OF_FRAME = 108;

  private final RangeSource source;
  private final @Nullable Seal seal;
  private final Trailer trailer;
  private final byte[] index;
  private final ReadAhead ahead;
  private final ReentrantLock decoding = new ReentrantLock();

  private final long[] groupAt;
  private final int[] groupBytes;

  /** The place of each group's first frame, and the number of all frames. */
  private final int[] groupStart;

  /** By place in play order: where the frame's lines end in its group, and where to stop. */
  private final int[] end;

  private final int[] stop;
  private final int[] crc;
  private final Map<Long, Integer> places;

  private ArchivedRecording(
      RangeSource source,
      @Nullable Seal seal,
      Trailer trailer,
      byte[] compressedIndex,
      StoredIndex parsed,
      ReadAhead ahead) {
    this.source = source;
    this.seal = seal;
    this.trailer = trailer;
    this.index = compressedIndex;
    this.ahead = ahead;
    int groups = parsed.groups().size();
    int frames = parsed.groups().stream().mapToInt(group -> group.frames().size()).sum();
    groupAt = new long[groups];
    groupBytes = new int[groups];
    groupStart = new int[groups + 1];
    end = new int[frames];
    stop = new int[frames];
    crc = new int[frames];
    places = HashMap.newHashMap(frames);
    int place = 0;
    for (int g = 0; g < groups; g++) {
      StoredGroup group = parsed.groups().get(g);
      groupAt[g] = group.at();
      groupBytes[g] = group.bytes();
      groupStart[g] = place;
      int json = 0;
      for (StoredFrame frame : group.frames()) {
        json += frame.json();
        end[place] = json;
        stop[place] = frame.stop();
        crc[place] = frame.crc32c();
        places.put(frame.n(), place);
        place++;
      }
    }
    groupStart[groups] = place;
  }

  /**
   * Opens a file.
   *
   * @param key the recording's AES-256 key, or null for one that is not encrypted
   * @param ahead keeps what is decompressed beyond what is asked for
   * @throws DamagedRecording when it is no recording's file, its index is damaged, the key is
   *     another one, or one is given and the file is not encrypted
   * @throws IOException when it cannot be read
   */
  public static ArchivedRecording open(RangeSource source, @Nullable SecretKey key, ReadAhead ahead)
      throws IOException {
    long size = source.size();
    if (size < Format.HEADER_BYTES + Format.TRAILER_BYTES) {
      throw DamagedRecording.whole("is cut short: it has " + size + " bytes");
    }
    int tailBytes = (int) Math.min(size, TAIL_BYTES);
    byte[] tail = source.read(size - tailBytes, tailBytes);
    Trailer trailer = Trailer.of(tail, size);
    if (trailer.kind().encrypted() != (key != null)) {
      throw DamagedRecording.whole(
          key == null ? "is encrypted, and no key was given" : "is not encrypted as it should be");
    }
    int inTail = (int) (trailer.indexAt() - (size - tailBytes));
    byte[] frame =
        inTail >= 0
            ? Arrays.copyOfRange(tail, inTail, inTail + trailer.indexBytes())
            : source.read(trailer.indexAt(), trailer.indexBytes());
    Seal seal = key == null ? null : new Seal(key, trailer.kind());
    byte[] index = openIndex(frame, seal);
    StoredIndex parsed = parse(index, trailer.indexJson());
    if (parsed.groups().size() != trailer.groups()) {
      throw DamagedRecording.whole("has an index of " + parsed.groups().size() + " groups");
    }
    return new ArchivedRecording(source, seal, trailer, index, parsed, ahead);
  }

  /**
   * Whether a file can only be opened with its key.
   *
   * @throws DamagedRecording when it does not begin as a recording's file does
   * @throws IOException when it cannot be read
   */
  public static boolean isEncrypted(RangeSource source) throws IOException {
    if (source.size() < Format.HEADER_BYTES) {
      throw DamagedRecording.whole("is cut short: it has " + source.size() + " bytes");
    }
    return Format.Kind.of(source.read(0, Format.HEADER_BYTES)).encrypted();
  }

  private static byte[] openIndex(byte[] frame, @Nullable Seal seal) throws DamagedRecording {
    if (!Format.isSkippable(frame, Format.INDEX_MAGIC, frame.length)) {
      throw DamagedRecording.whole("has no index where it should be");
    }
    if (seal == null) {
      return Arrays.copyOfRange(frame, Format.SKIPPABLE_HEAD, frame.length);
    }
    try {
      return seal.open(Format.INDEX_MAGIC, 0, frame, Format.SKIPPABLE_HEAD);
    } catch (GeneralSecurityException e) {
      throw DamagedRecording.whole("has an index of another key, or a damaged one", e);
    }
  }

  private static StoredIndex parse(byte[] index, int json) throws DamagedRecording {
    if (json < 0 || json > MOST_INDEX_JSON) {
      throw DamagedRecording.whole("has an index of " + json + " bytes");
    }
    try (var lines = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(index))) {
      byte[] bytes = lines.readNBytes(json);
      // Reading to the end is what checks the checksum.
      if (bytes.length != json || lines.read() >= 0) {
        throw DamagedRecording.whole("has an index of another size");
      }
      return StoredIndex.fromJson(bytes);
    } catch (DamagedRecording e) {
      throw e;
    } catch (IOException | JacksonException e) {
      throw DamagedRecording.whole("has a damaged index", e);
    }
  }

  /** All frames, in play order, as they were written. */
  public List<Frame> frames() {
    try {
      return parse(index, trailer.indexJson()).groups().stream()
          .flatMap(group -> group.frames().stream())
          .map(StoredFrame::frame)
          .toList();
    } catch (DamagedRecording e) {
      throw new IllegalStateException("the index was read before", e);
    }
  }

  /**
   * The lines of a frame, checked.
   *
   * @param n the frame's {@link Frame#n}
   * @return empty when there is no such frame
   * @throws DamagedRecording when they cannot be had any more; names the group
   * @throws IOException when the file cannot be read
   */
  public Optional<byte[]> lines(long n) throws IOException {
    Integer place = places.get(n);
    return place == null ? Optional.empty() : Optional.of(linesAt(place));
  }

  /** As {@link #lines(long)}, as one zstd frame such as an upload is stored in. */
  public Optional<byte[]> payload(long n) throws IOException {
    return lines(n).map(lines -> PayloadWriter.frame(lines, lines.length));
  }

  /**
   * The lines of a run of frames, checked, each group decompressed once. They are all in memory.
   *
   * @param first {@link Frame#n} of the first
   * @param last that of the last, the same one or a later one in play order
   * @throws IllegalArgumentException when there are no such frames
   * @throws DamagedRecording when any of them cannot be had any more; names the group
   */
  public List<byte[]> lines(long first, long last) throws IOException {
    Integer from = places.get(first);
    Integer to = places.get(last);
    if (from == null || to == null || from > to) {
      throw new IllegalArgumentException("no frames " + first + " to " + last);
    }
    var lines = new ArrayList<byte[]>();
    int place = from;
    while (place <= to) {
      int run = Math.min(to, groupStart[group(place) + 1] - 1);
      lines.addAll(read(place, run));
      place = run + 1;
    }
    return lines;
  }

  /** Reads through the frames from the first on. Each group is decompressed once. */
  public FrameCursor cursor() {
    return new FrameCursor(this, frames());
  }

  /** Reads many frames, each group of them once. */
  public FrameReader reader() {
    return new FrameReader(this);
  }

  /** How much heap it holds, nearly, in bytes. */
  public int heapBytes() {
    return HEAP_BYTES + index.length + places.size() * HEAP_BYTES_OF_FRAME;
  }

  private byte[] linesAt(int place) throws IOException {
    byte[] kept = ahead.get(trailer.sha256Hex(), place);
    if (kept != null) {
      return kept;
    }
    // A player's requests come side by side; the first brings what the others ask for.
    decoding.lock();
    try {
      kept = ahead.get(trailer.sha256Hex(), place);
      return kept != null ? kept : readWithNeighbours(place);
    } finally {
      decoding.unlock();
    }
  }

  /** The place of a frame; null when there is no such frame. */
  @Nullable Integer place(long n) {
    return places.get(n);
  }

  /** The last place of its group that may be decompressed together with this one, to read on. */
  int lastAhead(int place) {
    return lastWithin(place, ahead.atOnce());
  }

  private int lastWithin(int place, int bytes) {
    int group = group(place);
    int last = place;
    while (last + 1 < groupStart[group + 1] && end[last + 1] - start(place) <= bytes) {
      last++;
    }
    return last;
  }

  private int firstWithin(int place, int bytes) {
    int group = group(place);
    int first = place;
    while (first > groupStart[group] && start(place) - start(first - 1) <= bytes) {
      first--;
    }
    return first;
  }

  /** What was decompressed ahead for a place, which is then no longer kept; null when nothing. */
  byte @Nullable [] takeAhead(int place) {
    return ahead.take(trailer.sha256Hex(), place);
  }

  /** Keeps lines of a run of places until they are asked for. */
  void putAhead(int first, List<byte[]> run) {
    // The nearest last: the least recently put go first.
    for (int i = run.size() - 1; i >= 0; i--) {
      ahead.put(trailer.sha256Hex(), first + i, run.get(i));
    }
  }

  /** Reads a frame and what lies beside it: the one before may be asked for just after it. */
  private byte[] readWithNeighbours(int place) throws IOException {
    int first = firstWithin(place, ahead.beside());
    int last = lastWithin(place, ahead.beside());
    List<byte[]> run;
    try {
      run = read(first, last);
    } catch (DamagedRecording e) {
      if (first == last) {
        throw e;
      }
      // What lies beside it may be damaged, and the frame itself not.
      return read(place, place).getFirst();
    }
    putAhead(first, run);
    return run.get(place - first);
  }

  /** Reads frames of one group. */
  private List<byte[]> read(int first, int last) throws IOException {
    return cut(groupFrame(group(first), stop[last]), first, last);
  }

  /**
   * Decompresses and checks frames of one group.
   *
   * @param frame the group's zstd frame, or its beginning up to the last frame's stop
   */
  List<byte[]> cut(byte[] frame, int first, int last) throws DamagedRecording {
    int group = group(first);
    int[] bounds = new int[last - first + 2];
    bounds[0] = start(first);
    System.arraycopy(end, first, bounds, 1, last - first + 1);
    List<byte[]> pieces;
    try {
      pieces = GroupDecoder.cut(frame, stop[last], bounds);
    } catch (ZstdException e) {
      throw DamagedRecording.group(group, "cannot be read: " + e.getMessage(), e);
    }
    for (int i = 0; i < pieces.size(); i++) {
      check(first + i, pieces.get(i));
    }
    return pieces;
  }

  /**
   * A group's zstd frame.
   *
   * @param atLeast how many of its bytes are needed; encryption can only be undone as a whole
   */
  byte[] groupFrame(int group, int atLeast) throws IOException {
    if (seal == null) {
      return source.read(groupAt[group], Math.min(atLeast, groupBytes[group]));
    }
    byte[] sealed = source.read(groupAt[group], groupBytes[group]);
    if (!Format.isSkippable(sealed, Format.GROUP_MAGIC, sealed.length)) {
      throw DamagedRecording.group(group, "is not where it should be");
    }
    try {
      return seal.open(Format.GROUP_MAGIC, group, sealed, Format.SKIPPABLE_HEAD);
    } catch (GeneralSecurityException e) {
      throw DamagedRecording.group(group, "is of another key, or damaged", e);
    }
  }

  /** Compares a frame's lines with their checksum. */
  void check(int place, byte[] lines) throws DamagedRecording {
    if (Format.crc(lines, 0, lines.length) != crc[place]) {
      throw DamagedRecording.group(
          group(place), "is damaged in frame " + (place - groupStart[group(place)]));
    }
  }

  int groupBytes(int group) {
    return groupBytes[group];
  }

  /** The group of the frame at a place. */
  int group(int place) {
    int found = Arrays.binarySearch(groupStart, 0, groupStart.length - 1, place);
    return found >= 0 ? found : -found - 2;
  }

  /** The place after a group's last frame. */
  int endOfGroup(int group) {
    return groupStart[group + 1];
  }

  private int start(int place) {
    return place == groupStart[group(place)] ? 0 : end[place - 1];
  }

  /**
   * Reads every byte and compares every checksum.
   *
   * @return what is damaged; empty when the file is what was written
   * @throws IOException when it cannot be read
   */
  public List<Loss> check() throws IOException {
    var losses = new ArrayList<Loss>();
    try (FrameCursor cursor = cursor()) {
      boolean more = true;
      while (more) {
        int before = cursor.place();
        try {
          more = cursor.next().isPresent();
        } catch (DamagedRecording e) {
          losses.add(new Loss(e, cursor.passed(before)));
        }
      }
    }
    if (losses.isEmpty() && !Arrays.equals(sha256(), trailer.sha256())) {
      losses.add(
          new Loss(DamagedRecording.whole("has changed where no frame needs it"), List.of()));
    }
    return losses;
  }

  private byte[] sha256() throws IOException {
    MessageDigest digest = RecordingWriter.sha256();
    long to = source.size() - Format.TRAILER_BYTES;
    for (long at = 0; at < to; at += CHECK_BYTES) {
      digest.update(source.read(at, (int) Math.min(CHECK_BYTES, to - at)));
    }
    return digest.digest();
  }
}
