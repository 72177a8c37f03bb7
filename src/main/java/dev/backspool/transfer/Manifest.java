package dev.backspool.transfer;

import dev.backspool.transfer.EntryReader.Read;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * What a project file holds, entry by entry, and in all. It grows with the file, and lies in a
 * {@link Spool}. One thread at a time.
 */
final class Manifest implements AutoCloseable {
  static final String ENTRY = "manifest.ndjson";

  private final Spool lines = Spools.OF_NAMES.make();
  private long entries;
  private long bytes;
  private long sessions;
  private long recordings;
  private long frames;
  private long events;
  private long profiles;
  private long groups;
  private long lost;

  /** One entry of the file. */
  record Line(String name, long bytes, String sha256) {}

  /**
   * Adds an entry.
   *
   * @param isLossy whether it is a session's that tells of what is lost
   */
  void add(Read entry, boolean isLossy) throws IOException {
    String name = entry.name();
    long rows = entry.rows();
    lines.write(Json.line(new Line(name, entry.size(), entry.sha256())));
    entries++;
    bytes += entry.size();
    lost += isLossy ? 1 : 0;
    if (RecordingEntries.isFrames(name)) {
      recordings++;
      frames += rows;
    }
    Section section = Section.of(name).orElse(null);
    if (section != null) {
      switch (section) {
        case GROUPS -> groups += rows;
        case PROFILES -> profiles += rows;
        case SESSIONS -> sessions++;
        case EVENTS -> events += rows;
        case ERASURES, EVENT_KEYS -> {}
      }
    }
  }

  Totals totals() {
    return new Totals(entries, bytes, sessions, recordings, frames, events, profiles, groups, lost);
  }

  /** As an entry, without the totals. */
  InputStream open() throws IOException {
    return lines.open();
  }

  long size() {
    return lines.size();
  }

  /**
   * Compares this, made of what a file holds, with the manifest at its end.
   *
   * @param written the content of that entry
   * @throws ProjectFileException naming the first entry that is not as it was written
   */
  void compare(InputStream written) throws IOException {
    var theirs = new BufferedReader(new InputStreamReader(written, StandardCharsets.UTF_8));
    try (var ours = new BufferedReader(new InputStreamReader(open(), StandardCharsets.UTF_8))) {
      for (String line = ours.readLine(); line != null; line = ours.readLine()) {
        String wanted = theirs.readLine();
        if (!line.equals(wanted)) {
          throw differs(line, wanted);
        }
      }
    }
    String last = theirs.readLine();
    String totals = new String(Json.line(totals()), StandardCharsets.UTF_8).stripTrailing();
    if (!totals.equals(last)) {
      throw new ProjectFileException(
          last == null
              ? "The manifest is cut short"
              : "The manifest tells of more than the file holds: " + last);
    }
  }

  private static ProjectFileException differs(String line, String wanted) {
    Line is = Json.read(line.getBytes(StandardCharsets.UTF_8), Line.class);
    return new ProjectFileException(
        wanted != null && wanted.contains("\"" + is.name() + "\"")
            ? is.name() + " is damaged: it is not what the manifest tells of"
            : is.name() + " is not what the manifest tells of at this place");
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
