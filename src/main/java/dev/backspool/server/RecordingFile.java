package dev.backspool.server;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** A recording in a file: rrweb events as a JSON array or as lines; plain, gzip or zstd. */
final class RecordingFile implements AutoCloseable {
  /** Written by {@code zstd --long=27}: a window of 128 MB. */
  private static final int WINDOW_LOG = 27;

  private static final int MAGIC_BYTES = 4;
  private static final int BUFFER = 64 * 1024;
  private static final int MOST_NAME = 200;

  private final Counted file;
  private final InputStream json;

  /**
   * Opens it; how it is compressed is known by its first bytes.
   *
   * @throws Sentence when it cannot be read
   */
  RecordingFile(Path path) {
    try {
      file = new Counted(Files.newInputStream(path));
      json = inflated(file);
    } catch (IOException e) {
      throw new Sentence(path + " cannot be read: " + e);
    }
  }

  private static InputStream inflated(InputStream file) throws IOException {
    var in = new PushbackInputStream(new BufferedInputStream(file, BUFFER), MAGIC_BYTES);
    byte[] magic = in.readNBytes(MAGIC_BYTES);
    in.unread(magic);
    if (startsWith(magic, 0x1f, 0x8b)) {
      return new GZIPInputStream(in, BUFFER);
    }
    if (startsWith(magic, 0x28, 0xb5, 0x2f, 0xfd)) {
      return new ZstdInputStreamNoFinalizer(in).setLongMax(WINDOW_LOG);
    }
    return in;
  }

  private static boolean startsWith(byte[] bytes, int... magic) {
    for (int i = 0; i < magic.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /** The events, decompressed as they are read. */
  InputStream json() {
    return json;
  }

  /** How many bytes of the file have been read. */
  long position() {
    return file.count;
  }

  /** A name for its session: the file's, without what tells its kind. */
  static String sessionName(Path path) {
    String name =
        path.getFileName()
            .toString()
            .replaceFirst("\\.(gz|zst)$", "")
            .replaceFirst("\\.(json|ndjson|jsonl)$", "")
            .replaceAll("[^\\x21-\\x7e]", "-");
    return name.length() > MOST_NAME ? name.substring(0, MOST_NAME) : name;
  }

  @Override
  public void close() throws IOException {
    json.close();
  }

  private static final class Counted extends InputStream {
    private final InputStream in;
    private long count;

    Counted(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      int next = in.read();
      if (next >= 0) {
        count++;
      }
      return next;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int read = in.read(into, offset, length);
      if (read > 0) {
        count += read;
      }
      return read;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
