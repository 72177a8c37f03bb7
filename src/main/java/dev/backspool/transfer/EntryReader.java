package dev.backspool.transfer;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Goes through the entries of a project file. What is read of an entry is counted and hashed on the
 * way; {@link #finish} tells what came of it. One thread at a time.
 */
final class EntryReader extends InputStream {
  /** Rows of an entry end with the one that makes it larger than 4 MB; one has at most 1 GB. */
  private static final int MOST_BYTES = 1 << 30;

  private static final int RECORD = 512;
  private static final int BUFFER = 1 << 16;

  private final TarArchiveInputStream tar;
  private MessageDigest digest = ProjectFileWriter.sha256();
  private @Nullable Entry entry;
  private long rows;

  /**
   * An entry.
   *
   * @param size of its content
   * @param end place in the file behind it
   */
  record Entry(String name, long size, long end) {}

  /** What an entry that was read to its end holds. */
  record Read(String name, long size, String sha256, long rows) {}

  EntryReader(InputStream file) {
    tar = new TarArchiveInputStream(file);
  }

  /** Reads a file. */
  static EntryReader of(Path path) throws IOException {
    return new EntryReader(new BufferedInputStream(Files.newInputStream(path), BUFFER));
  }

  /**
   * Goes to the next entry; this then reads its content.
   *
   * @return empty at the end of the file, also where it is cut between two entries
   * @throws ProjectFileException when it is no tar from here on, or ends within this entry
   */
  Optional<Entry> next() throws IOException {
    leave();
    TarArchiveEntry next;
    try {
      next = tar.getNextEntry();
    } catch (IOException | IllegalArgumentException e) {
      throw new ProjectFileException(
          (entry == null
                  ? "The file is no tar: "
                  : "The file is damaged behind %s: ".formatted(entry.name()))
              + e.getMessage(),
          e);
    }
    if (next == null) {
      return Optional.empty();
    }
    digest = ProjectFileWriter.sha256();
    rows = 0;
    long end = Math.ceilDiv(tar.getBytesRead() + next.getSize(), RECORD) * RECORD;
    entry = new Entry(next.getName(), next.getSize(), end);
    return Optional.of(entry);
  }

  /** To be passed over it is read: only so is an end within it noticed. */
  private void leave() throws IOException {
    if (entry == null) {
      return;
    }
    try {
      tar.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw cutShort(e);
    }
  }

  private ProjectFileException cutShort(IOException e) {
    return new ProjectFileException("The file is cut short in " + entry().name(), e);
  }

  /** The entry that is being read. */
  Entry entry() {
    if (entry == null) {
      throw new IllegalStateException("no entry is open");
    }
    return entry;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int from, int length) throws IOException {
    int read;
    try {
      read = tar.read(into, from, length);
    } catch (IOException e) {
      throw cutShort(e);
    }
    if (read > 0) {
      digest.update(into, from, read);
      rows += ProjectFileWriter.lineEnds(into, from, read);
    }
    return read;
  }

  /** All of a small entry. */
  byte[] content() throws IOException {
    if (entry().size() > MOST_BYTES) {
      throw new ProjectFileException(entry().name() + " is larger than any of its kind");
    }
    return readAllBytes();
  }

  /** The lines of an entry, each without its end, and each a JSON object. */
  List<Line> lines() throws IOException {
    byte[] content = content();
    var lines = new ArrayList<Line>();
    int from = 0;
    while (from < content.length) {
      int to = from;
      while (to < content.length && content[to] != '\n') {
        to++;
      }
      byte[] line = Arrays.copyOfRange(content, from, to);
      int number = lines.size() + 1;
      ObjectNode object =
          Json.object(line)
              .orElseThrow(() ->
                  new ProjectFileException(
                      "%s is damaged: line %d is no JSON object"
                          .formatted(entry().name(), number)));
      lines.add(new Line(line, object));
      from = to + 1;
    }
    return lines;
  }

  /** A line as it stands, and read. */
  @SuppressWarnings("ArrayRecordComponent") // Bytes on their way; never compared.
  record Line(byte[] json, ObjectNode object) {}

  /** Reads what is left of the entry. */
  Read finish() throws IOException {
    transferTo(OutputStream.nullOutputStream());
    return new Read(
        entry().name(), entry().size(), HexFormat.of().formatHex(digest.digest()), rows);
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
