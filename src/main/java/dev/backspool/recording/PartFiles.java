package dev.backspool.recording;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveFailure;
import dev.backspool.recording.file.ArchivedRecording;
import dev.backspool.recording.file.RangeSource;
import dev.backspool.recording.file.ReadAhead;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Opens parts of recordings, and keeps the indexes of those that were opened last: a player asks
 * for one frame after the other. Whoever opens a part has just read its row, so what is erased is
 * not opened, kept or not. Any thread may call.
 */
public final class PartFiles {
  private static final int MOST_KEPT_BYTES = 16 << 20;

  private final Archives archives;
  private final DataKeys keys;
  private final ReadAhead readAhead;
  private final Map<Kept, ArchivedRecording> opened = new LinkedHashMap<>(16, 0.75f, true);
  private int keptBytes;

  private record Kept(UUID project, String object, boolean cold) {
    static Kept of(Part part) {
      return new Kept(part.project(), part.object(), part.cold());
    }
  }

  /** The object of a part cannot be read now, or ever; the cause says which. */
  public static final class Unreadable extends IOException {
    private static final long serialVersionUID = 1;

    private final ArchiveFailure failure;

    Unreadable(ArchiveFailure failure) {
      super(failure.getMessage(), failure);
      this.failure = failure;
    }

    /** Why: missing, damaged, or the archive is away. */
    public ArchiveFailure failure() {
      return failure;
    }
  }

  /**
   * Opens parts from now on.
   *
   * @param readAheadBytes heap for frames that were decompressed because the one before them was
   *     asked for
   */
  public PartFiles(Archives archives, DataKeys keys, long readAheadBytes) {
    this.archives = archives;
    this.keys = keys;
    this.readAhead = new ReadAhead(readAheadBytes);
  }

  /**
   * Opens a part: reads its index, unless that is known.
   *
   * @throws Unreadable when the object cannot be had, here as from the calls of what it returns
   * @throws LostKey when its key cannot be had
   * @throws dev.backspool.recording.file.DamagedRecording when it is not what was written
   */
  public ArchivedRecording open(Part part) throws IOException {
    return open(part, new Outages());
  }

  /**
   * As the other one, for somebody who reads several parts.
   *
   * @throws Unreadable also when the archive is known to be away, without asking it
   */
  ArchivedRecording open(Part part, Outages outages) throws IOException {
    synchronized (opened) {
      ArchivedRecording known = opened.get(Kept.of(part));
      if (known != null) {
        return known;
      }
    }
    outages.refuse(part);
    byte[] wrapped = part.dataKey();
    @Nullable SecretKey key = wrapped == null ? null : keys.unwrap(part.project(), wrapped);
    ArchivedRecording recording = ArchivedRecording.open(source(part), key, readAhead);
    keep(Kept.of(part), recording);
    return recording;
  }

  private void keep(Kept kept, ArchivedRecording recording) {
    synchronized (opened) {
      forget(kept);
      opened.put(kept, recording);
      keptBytes += recording.heapBytes();
      var eldest = opened.values().iterator();
      while (keptBytes > MOST_KEPT_BYTES && opened.size() > 1) {
        keptBytes -= eldest.next().heapBytes();
        eldest.remove();
      }
    }
  }

  private void forget(Kept kept) {
    synchronized (opened) {
      ArchivedRecording known = opened.remove(kept);
      if (known != null) {
        keptBytes -= known.heapBytes();
      }
    }
  }

  /** The bytes of a part's object. */
  public RangeSource source(Part part) {
    Archive holder = archives.holding(part.cold());
    return new RangeSource() {
      @Override
      public byte[] read(long from, int length) throws IOException {
        try {
          return holder.get(part.key(), from, length);
        } catch (ArchiveFailure failure) {
          // Lest its frames are still listed, each to fail by itself.
          forget(Kept.of(part));
          throw new Unreadable(failure);
        }
      }

      @Override
      public long size() {
        return part.bytes();
      }
    };
  }
}
