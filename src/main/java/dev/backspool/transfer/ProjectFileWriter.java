package dev.backspool.transfer;

import dev.backspool.transfer.EntryReader.Read;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a project file, entry after entry, and keeps its manifest, which {@link #finish} writes as
 * the last one. A file without it is not whole. One thread at a time.
 */
public final class ProjectFileWriter implements AutoCloseable {
  /** The last entry of a file that is not whole, where it was possible to write one. */
  static final String BROKEN_OFF = "broken-off.txt";

  private static final int BUFFER = 64 * 1024;

  private final OutputStream out;
  private final TarArchiveOutputStream tar;
  private final Manifest manifest;
  private Instant time;
  private final Heard heard;

  /** Hears of every entry once it is written. */
  @FunctionalInterface
  public interface Heard {
    /** Does nothing. */
    Heard NOTHING = (_, _, _) -> {};

    /**
     * One more entry is written.
     *
     * @param bytes its size
     * @param rows how many line ends it has
     */
    void entry(String name, long bytes, long rows);
  }

  /**
   * Begins a file.
   *
   * @param out closed with this writer
   * @param time that its entries have, until {@link #begin} tells of another
   */
  public ProjectFileWriter(OutputStream out, Instant time, Heard heard) {
    this(out, time, heard, new Manifest());
  }

  /**
   * Goes on with a file.
   *
   * @param manifest of what it holds; closed with this writer
   */
  ProjectFileWriter(OutputStream out, Instant time, Heard heard, Manifest manifest) {
    this.out = out;
    this.tar = new TarArchiveOutputStream(out);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX); // For one of 8 GiB and more.
    this.manifest = manifest;
    this.time = time;
    this.heard = heard;
  }

  /** Writes the first entry. All entries have the time when the export began. */
  void begin(ProjectHead head) throws IOException {
    time = head.exportedAt();
    add(ProjectHead.ENTRY, head.toJson());
    tar.flush(); // Whoever waits at the other end sees that it has begun.
  }

  void add(String name, byte[] content) throws IOException {
    add(name, content.length, new ByteArrayInputStream(content));
  }

  void add(String name, Spool content) throws IOException {
    try (InputStream in = content.open()) {
      add(name, content.size(), in);
    }
  }

  /**
   * Writes an entry.
   *
   * @param size of its content
   * @throws IOException when it cannot be written, or the content is shorter than that
   */
  void add(String name, long size, InputStream content) throws IOException {
    add(name, size, content, false);
  }

  /** Writes a session's entry. */
  void addSession(String name, ObjectNode session) throws IOException {
    byte[] line = Json.line(session);
    add(name, line.length, new ByteArrayInputStream(line), isLossy(session));
  }

  /** Whether a session tells of what is lost of its recording. */
  static boolean isLossy(ObjectNode session) {
    return !session.path("lost").isEmpty();
  }

  private void add(String name, long size, InputStream content, boolean isLossy)
      throws IOException {
    MessageDigest digest = sha256();
    begin(name, size);
    byte[] buffer = new byte[BUFFER];
    long left = size;
    long rows = 0;
    while (left > 0) {
      int read = content.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        throw new IOException(name + " ends " + left + " bytes early");
      }
      tar.write(buffer, 0, read);
      digest.update(buffer, 0, read);
      rows += lineEnds(buffer, 0, read);
      left -= read;
    }
    tar.closeArchiveEntry();
    manifest.add(new Read(name, size, HexFormat.of().formatHex(digest.digest()), rows), isLossy);
    heard.entry(name, size, rows);
  }

  private void begin(String name, long size) throws IOException {
    var entry = new TarArchiveEntry(name);
    entry.setSize(size);
    entry.setModTime(time.toEpochMilli() / 1_000 * 1_000);
    tar.putArchiveEntry(entry);
  }

  static long lineEnds(byte[] bytes, int from, int length) {
    long count = 0;
    for (int i = from; i < from + length; i++) {
      count += bytes[i] == '\n' ? 1 : 0;
    }
    return count;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK has no SHA-256", e);
    }
  }

  /** What was written so far, of earlier runs too. */
  public Totals totals() {
    return manifest.totals();
  }

  /** Says why the file ends here, without its manifest: it is not whole. */
  public void breakOff(String why) throws IOException {
    byte[] text = (why + "\n").getBytes(StandardCharsets.UTF_8);
    begin(BROKEN_OFF, text.length);
    tar.write(text);
    tar.closeArchiveEntry();
    tar.finish();
    tar.flush();
  }

  /** Writes the manifest, and ends the file. */
  public void finish() throws IOException {
    byte[] totals = Json.line(manifest.totals());
    begin(Manifest.ENTRY, manifest.size() + totals.length);
    try (InputStream lines = manifest.open()) {
      lines.transferTo(tar);
    }
    tar.write(totals);
    tar.closeArchiveEntry();
    tar.finish();
    tar.flush();
  }

  /** Closes the file, which is whole only after {@link #finish}. */
  @Override
  public void close() throws IOException {
    manifest.close();
    out.close(); // Not the tar, which would end a broken file as if it were whole.
  }
}
