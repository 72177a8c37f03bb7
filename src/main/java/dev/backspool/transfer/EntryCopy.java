package dev.backspool.transfer;

import dev.backspool.transfer.EntryReader.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;

/** Writes the entries that a running server sends into a file. */
public final class EntryCopy {
  private EntryCopy() {}

  /**
   * Copies all entries but the manifest: the file makes its own.
   *
   * @param sent a project file, or the rest of one; closed by this method
   * @param begun is told of the first entry, where there is one
   * @throws ProjectFileException when it ends too early, for a reason that the server knows
   * @throws IOException when it ends too early, or cannot be written
   */
  public static void copy(InputStream sent, ProjectFileWriter file, Consumer<ProjectHead> begun)
      throws IOException {
    try (var entries = new EntryReader(sent)) {
      for (Optional<Entry> entry = entries.next(); entry.isPresent(); entry = entries.next()) {
        String name = entry.get().name();
        switch (name) {
          case Manifest.ENTRY -> {
            entries.finish();
            return;
          }
          case ProjectFileWriter.BROKEN_OFF ->
              throw new ProjectFileException(
                  new String(entries.content(), StandardCharsets.UTF_8).strip());
          case ProjectHead.ENTRY -> {
            ProjectHead head = ProjectHead.parse(entries.content());
            begun.accept(head);
            file.begin(head);
          }
          default -> copy(entries, entry.get(), file);
        }
      }
      throw new ProjectFileException("The server broke off");
    }
  }

  private static void copy(EntryReader entries, Entry entry, ProjectFileWriter file)
      throws IOException {
    if (Section.of(entry.name()).equals(Optional.of(Section.SESSIONS))) {
      byte[] session = entries.content();
      file.addSession(
          entry.name(),
          Json.object(session)
              .orElseThrow(() -> new ProjectFileException(entry.name() + " is no session")));
    } else {
      file.add(entry.name(), entry.size(), entries);
    }
  }
}
