package dev.backspool.transfer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.backspool.transfer.EntryReader.Entry;
import dev.backspool.transfer.EntryReader.Line;
import dev.backspool.transfer.EntryReader.Read;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * An export that was broken off. All that is in it is read, and kept up to the last entry that is
 * whole, a session's only together with those of its recording; from there it goes on.
 */
public final class PartialFile implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final Path path;
  private final Manifest manifest;
  private final ProjectHead head;
  private final Place place;
  private final long end;

  private PartialFile(Path path, Manifest manifest, ProjectHead head, Place place, long end) {
    this.path = path;
    this.manifest = manifest;
    this.head = head;
    this.place = place;
    this.end = end;
  }

  /** Hears how far a reading is. */
  @FunctionalInterface
  public interface Progress {
    /** So many bytes of the file were read. */
    void position(long bytes);
  }

  /**
   * Reads what there is.
   *
   * @return empty when not even the first entry is whole: begin anew
   * @throws ProjectFileException when the export is whole, or the file something else
   */
  public static Optional<PartialFile> read(Path path, Progress progress) throws IOException {
    var reading = new Reading();
    try {
      reading.read(path, progress);
      if (reading.head == null || reading.place == null) {
        reading.manifest.close();
        if (!mayBeginAnew(path)) {
          throw new ProjectFileException(path + " is there, and is no export of a project");
        }
        return Optional.empty();
      }
      return Optional.of(
          new PartialFile(path, reading.manifest, reading.head, reading.place, reading.end));
    } catch (IOException | RuntimeException failure) {
      reading.manifest.close();
      throw failure;
    }
  }

  /** Whether there is nothing in it, or the beginning of a first entry. */
  private static boolean mayBeginAnew(Path path) throws IOException {
    byte[] name = ProjectHead.ENTRY.getBytes(US_ASCII);
    try (InputStream in = Files.newInputStream(path)) {
      byte[] first = in.readNBytes(name.length);
      return Arrays.equals(first, Arrays.copyOf(name, first.length));
    }
  }

  /** The export's first entry. */
  public ProjectHead head() {
    return head;
  }

  /** Where it goes on. */
  public Place place() {
    return place;
  }

  /** What stays. */
  public Totals totals() {
    return manifest.totals();
  }

  /** Cuts off what is not whole, and writes on. Closing the writer closes this. */
  public ProjectFileWriter resume(ProjectFileWriter.Heard heard) throws IOException {
    try (var file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      file.truncate(end);
    }
    OutputStream out = Files.newOutputStream(path, StandardOpenOption.APPEND);
    return new ProjectFileWriter(
        new BufferedOutputStream(out, BUFFER), head.exportedAt(), heard, manifest);
  }

  @Override
  public void close() throws IOException {
    manifest.close();
  }

  /** What was found so far. */
  private static final class Reading {
    private final Manifest manifest = new Manifest();

    /** Entries of a session that is not whole yet. */
    private final List<Read> pending = new ArrayList<>();

    private @Nullable ProjectHead head;
    private @Nullable Place place;
    private @Nullable Place next;
    private String session = "";
    private boolean isLossy;
    private int framesToCome;
    private List<FrameLine> frames = List.of();
    private long end;

    void read(Path path, Progress progress) throws IOException {
      long size = Files.size(path);
      try (EntryReader entries = EntryReader.of(path)) {
        Optional<Entry> entry = next(entries, size);
        while (entry.isPresent() && isWhole(entries, entry.get(), path)) {
          progress.position(entry.get().end());
          entry = next(entries, size);
        }
      }
    }

    private static Optional<Entry> next(EntryReader entries, long size) throws IOException {
      try {
        return entries.next().filter(entry -> entry.end() <= size);
      } catch (ProjectFileException damage) {
        return Optional.empty();
      }
    }

    private boolean isWhole(EntryReader entries, Entry entry, Path path) throws IOException {
      if (head != null && entry.name().equals(Manifest.ENTRY)) {
        throw new ProjectFileException(
            "%s is a whole export already, of %s: delete it, or name another file"
                .formatted(path, head.exportedAt()));
      }
      try {
        read(entries, entry.name());
        pending.add(entries.finish());
      } catch (ProjectFileException damage) {
        return false;
      }
      if (framesToCome == 0 && frames.isEmpty() && next != null) {
        for (Read whole : pending) {
          manifest.add(
              whole, isLossy && Section.of(whole.name()).equals(Optional.of(Section.SESSIONS)));
        }
        pending.clear();
        place = next;
        end = entry.end();
      }
      return true;
    }

    private void read(EntryReader entries, String name) throws IOException {
      if (head == null) {
        expect(ProjectHead.ENTRY, name);
        head = ProjectHead.parse(entries.content());
        next = Place.start(head.exportedAt());
      } else if (framesToCome > 0) {
        expect(RecordingEntries.framesOf(session), name);
        frames = FrameLine.all(entries, framesToCome);
        framesToCome = 0;
      } else if (!frames.isEmpty()) {
        expect(RecordingEntries.linesOf(session), name);
        readLines(entries);
        frames = List.of();
      } else {
        readRows(entries, name, head.exportedAt());
      }
    }

    private static void expect(String wanted, String name) throws ProjectFileException {
      if (!name.equals(wanted)) {
        throw new ProjectFileException(name + " is not " + wanted);
      }
    }

    private void readRows(EntryReader entries, String name, Instant until) throws IOException {
      Section section =
          Section.of(name).orElseThrow(() -> new ProjectFileException(name + " is unknown"));
      List<Line> lines = entries.lines();
      if (lines.isEmpty()) {
        throw new ProjectFileException(name + " is empty");
      }
      ObjectNode last = lines.getLast().object();
      next = new Place(until, section, Section.number(name), section.key(last));
      if (section == Section.SESSIONS) {
        session = last.path("id").asString("");
        isLossy = ProjectFileWriter.isLossy(last);
        framesToCome = last.path("frames").asInt(0);
      }
    }

    private void readLines(EntryReader entries) throws IOException {
      try (var lines = new FrameSplitter(entries.entry().name(), entries)) {
        for (FrameLine frame : frames) {
          lines.next(frame);
        }
        lines.end();
      }
    }
  }
}
