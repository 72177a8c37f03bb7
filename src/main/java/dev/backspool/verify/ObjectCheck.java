package dev.backspool.verify;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.DamagedObject;
import dev.backspool.archive.MissingObject;
import dev.backspool.archive.StoredObject;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.Frame;
import dev.backspool.recording.LostKey;
import dev.backspool.recording.Part;
import dev.backspool.recording.PartFiles;
import dev.backspool.recording.file.ArchivedRecording;
import dev.backspool.recording.file.DamagedRecording;
import dev.backspool.recording.file.Loss;
import dev.backspool.recording.file.RangeSource;
import dev.backspool.recording.file.ReadAhead;
import dev.backspool.verify.Finding.Place;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the object of a part. Nothing is kept from one look to the next: an index that is known
 * would hide that the object has changed.
 */
final class ObjectCheck {
  /** Objects up to this size are read once, as a whole; larger ones in ranges, twice. */
  private static final int AT_ONCE_BYTES = 8 << 20;

  private final Database database;
  private final Archives archives;
  private final DataKeys keys;
  private final PartFiles files;
  private final boolean quick;
  private final Tally tally;

  ObjectCheck(Database database, Archives archives, boolean quick, Tally tally) {
    this.database = database;
    this.archives = archives;
    this.keys = new DataKeys(database);
    this.files = new PartFiles(archives, keys, 0);
    this.quick = quick;
    this.tally = tally;
  }

  /**
   * What a look at an object showed.
   *
   * @param recording the open file; null when it cannot be opened
   * @param frames of it; those that are damaged are among them
   */
  record Seen(
      List<Suspicion> suspicions, @Nullable ArchivedRecording recording, List<Frame> frames) {}

  /**
   * Looks at it.
   *
   * @throws ArchiveUnavailable when the whole archive is away
   */
  Seen look(Part part) throws ArchiveUnavailable {
    tally.objects.incrementAndGet();
    Place place = Place.object(part.project(), part.session(), part.object());
    try {
      Optional<StoredObject> stored = holder(part).find(part.key());
      if (stored.isEmpty()) {
        return lost(Kind.OBJECT_MISSING, place, "The archive has no such object; " + held(part));
      }
      return look(part, place, stored.get().size());
    } catch (LostKey e) {
      return lost(Kind.KEY_LOST, place, sentence(e) + "; " + held(part));
    } catch (DamagedRecording e) {
      return lost(Kind.OBJECT_DAMAGED, place, sentence(e) + "; " + held(part));
    } catch (PartFiles.Unreadable e) {
      return unreadable(part, place, e.failure());
    } catch (ArchiveFailure failure) {
      return unreadable(part, place, failure);
    } catch (IOException e) {
      return lost(Kind.OBJECT_DAMAGED, place, sentence(e) + "; " + held(part));
    }
  }

  private Seen look(Part part, Place place, long size) throws IOException, ArchiveFailure {
    byte[] wrapped = part.dataKey();
    @Nullable SecretKey key = wrapped == null ? null : keys.unwrap(part.project(), wrapped);
    RangeSource source =
        size <= AT_ONCE_BYTES && !quick
            ? RangeSource.of(holder(part).get(part.key(), 0, (int) size))
            : ranges(part, size);
    // An index alone takes no time that counts, and a bucket is waited for.
    return quick ? look(part, place, source, key) : Share.of(() -> look(part, place, source, key));
  }

  private Seen look(Part part, Place place, RangeSource source, @Nullable SecretKey key)
      throws IOException {
    long size = source.size();
    ArchivedRecording recording;
    try {
      recording = ArchivedRecording.open(source, key, new ReadAhead(0));
    } catch (DamagedRecording e) {
      if (size == part.bytes()) {
        throw e;
      }
      String message = "It has %,d of %,d bytes; %s".formatted(size, part.bytes(), held(part));
      return lost(Kind.OBJECT_DAMAGED, place, message);
    }
    List<Frame> frames = recording.frames();
    var suspicions = new ArrayList<Suspicion>();
    if (!quick) {
      for (Loss loss : recording.check()) {
        suspicions.add(loss(place, loss));
      }
      tally.bytes.addAndGet(size);
    }
    compare(part, place, size, frames).ifPresent(suspicions::add);
    return new Seen(suspicions, recording, frames);
  }

  private RangeSource ranges(Part part, long size) {
    RangeSource source = files.source(part);
    return new RangeSource() {
      @Override
      public byte[] read(long from, int length) throws IOException {
        return source.read(from, length);
      }

      @Override
      public long size() {
        return size;
      }
    };
  }

  private static Suspicion loss(Place place, Loss loss) {
    List<Long> frames = loss.frames().stream().map(Frame::n).toList();
    String message =
        frames.isEmpty()
            ? sentence(loss.why()) + "; every upload in it can be read"
            : "%s; %s in it cannot be read"
                .formatted(sentence(loss.why()), Words.count(frames.size(), "upload"));
    return Suspicion.of(Kind.OBJECT_DAMAGED, place.ofFrames(frames), message);
  }

  /** The object was written as a whole under a hash of its content: its own figures are right. */
  private Optional<Suspicion> compare(Part part, Place place, long size, List<Frame> frames) {
    long events = frames.stream().mapToLong(Frame::events).sum();
    long rawBytes = frames.stream().mapToLong(Frame::rawBytes).sum();
    if (size == part.bytes()
        && frames.size() == part.frames()
        && events == part.events()
        && rawBytes == part.rawBytes()) {
      return Optional.empty();
    }
    String message =
        "Its row tells of %,d bytes, %s, %s and %,d bytes of JSON; it has %,d, %,d, %,d and %,d"
            .formatted(
                part.bytes(),
                Words.count(part.frames(), "upload"),
                Words.count(part.events(), "event"),
                part.rawBytes(),
                size,
                frames.size(),
                events,
                rawBytes);
    return Optional.of(
        Suspicion.of(
            Kind.OBJECT_COUNT,
            place,
            message,
            () ->
                database.write(handle ->
                    handle.execute(
                        """
                        update recording_part
                        set bytes = ?, frame_count = ?, event_count = ?, raw_bytes = ?
                        where project_id = ? and object = ?
                        """,
                        size,
                        frames.size(),
                        events,
                        rawBytes,
                        part.project(),
                        part.object()))));
  }

  private Archive holder(Part part) {
    return archives.holding(part.cold());
  }

  private Seen unreadable(Part part, Place place, ArchiveFailure failure)
      throws ArchiveUnavailable {
    return switch (failure) {
      case MissingObject _ ->
          lost(Kind.OBJECT_MISSING, place, "The archive has no such object; " + held(part));
      case DamagedObject damaged ->
          lost(Kind.OBJECT_DAMAGED, place, sentence(damaged) + "; " + held(part));
      case ArchiveUnavailable unavailable -> {
        holder(part).check(); // One object, or all of them?
        yield lost(Kind.OBJECT_UNCHECKED, place, sentence(unavailable) + "; " + held(part));
      }
    };
  }

  private static Seen lost(Kind kind, Place place, String message) {
    return new Seen(List.of(Suspicion.of(kind, place, message)), null, List.of());
  }

  private static String held(Part part) {
    return "it should hold %s of %s to %s"
        .formatted(
            Words.count(part.frames(), "upload"),
            Words.time(part.firstAt()),
            Words.time(part.lastAt()));
  }

  private static String sentence(Exception failure) {
    return Words.sentence(String.valueOf(failure.getMessage()));
  }
}
