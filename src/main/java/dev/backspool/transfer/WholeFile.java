package dev.backspool.transfer;

import dev.backspool.transfer.EntryReader.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A project file whose every byte was compared with its manifest.
 *
 * @param size of the file up to the manifest
 */
public record WholeFile(Path path, ProjectHead head, Totals totals, long size) {

  /**
   * Reads a file through.
   *
   * @throws ProjectFileException when it is no project file, of a newer version, cut short or
   *     damaged; names the entry
   */
  public static WholeFile check(Path path, PartialFile.Progress progress) throws IOException {
    try (EntryReader entries = EntryReader.of(path);
        var found = new Manifest()) {
      Entry first = entries.next().orElseThrow(() -> new ProjectFileException(path + " is empty"));
      if (!first.name().equals(ProjectHead.ENTRY)) {
        throw new ProjectFileException(path + " is no export of a project");
      }
      ProjectHead head = ProjectHead.parse(entries.content());
      Optional<Entry> entry = Optional.of(first);
      long end = 0;
      while (entry.isPresent() && !entry.get().name().equals(Manifest.ENTRY)) {
        boolean isLossy = isLossy(entries);
        found.add(entries.finish(), isLossy);
        end = entry.get().end();
        progress.position(end);
        entry = entries.next();
      }
      if (entry.isEmpty()) {
        throw new ProjectFileException(
            path
                + " is cut short: it ends without its manifest. The same export, run again,"
                + " completes it.");
      }
      found.compare(entries);
      return new WholeFile(path, head, found.totals(), end);
    }
  }

  /** A damaged one is told of by its hash. */
  private static boolean isLossy(EntryReader entries) throws IOException {
    return Section.of(entries.entry().name()).equals(Optional.of(Section.SESSIONS))
        && Json.object(entries.content()).filter(ProjectFileWriter::isLossy).isPresent();
  }
}
