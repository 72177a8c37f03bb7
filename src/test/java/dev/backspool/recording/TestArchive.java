package dev.backspool.recording;

import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.FaultyProxy;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archive.S3Server;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real server with a real archive, a directory or a bucket, that a test may take away, and whose
 * objects it may lose or damage.
 */
public final class TestArchive implements AutoCloseable {
  private static final String BUCKET = "replays";

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final TestServer server;
  private final Archives archives;
  private final ArchivedByHand byHand;

  /** Of a directory; its name beside it while it is away. */
  private final @Nullable Path directory;

  /** Before a bucket. */
  private final @Nullable FaultyProxy proxy;

  private TestArchive(
      boolean encrypted, @Nullable FaultyProxy proxy, Map<String, String> settings) {
    this(start(encrypted, settings), encrypted, proxy);
    parts.addLast(server);
  }

  private static TestServer start(boolean encrypted, Map<String, String> settings) {
    var all = new HashMap<>(settings);
    all.put("BACKSPOOL_ARCHIVE_ENCRYPTION", encrypted ? "on" : "off");
    return TestServer.start(all);
  }

  private TestArchive(TestServer server, boolean encrypted, @Nullable FaultyProxy proxy) {
    this.server = server;
    directory = proxy == null ? server.folder().resolve("archive") : null;
    this.proxy = proxy;
    archives = keep(server.archives());
    byHand = new ArchivedByHand(server, archives, encrypted);
  }

  /** The archive of a server that runs with the usual settings, and goes on when this is closed. */
  public static TestArchive of(TestServer server) {
    return new TestArchive(server, true, null);
  }

  /** An archive in the server's data directory. */
  public static TestArchive directory(boolean encrypted) {
    return new TestArchive(encrypted, null, Map.of());
  }

  /** An archive in a bucket of an S3 server, reached through a proxy. */
  public static TestArchive bucket(boolean encrypted) {
    try {
      Path folder = Files.createTempDirectory("backspool-bucket-");
      S3Server bucket = S3Server.start(folder);
      Files.createDirectory(bucket.folder(BUCKET));
      var proxy = new FaultyProxy(bucket.port());
      var archive = new TestArchive(encrypted, proxy, settings(proxy.url()));
      archive.parts.addLast(proxy);
      archive.parts.addLast(bucket);
      archive.parts.addLast(() -> delete(folder));
      return archive;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, String> settings(URI endpoint) {
    return Map.of(
        "BACKSPOOL_ARCHIVE_URL",
        "s3://%s/some/prefix?endpoint=%s".formatted(BUCKET, endpoint),
        "BACKSPOOL_S3_ACCESS_KEY",
        S3Server.KEYS.accessKey(),
        "BACKSPOOL_S3_SECRET_KEY",
        S3Server.KEYS.secretKey());
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  public TestServer server() {
    return server;
  }

  public boolean isBucket() {
    return proxy != null;
  }

  /** What stands before the bucket. */
  public FaultyProxy proxy() {
    if (proxy == null) {
      throw new IllegalStateException("a directory has no proxy");
    }
    return proxy;
  }

  /** Archives all chunks that a session has now. */
  public Part archive(UUID project, String session) {
    return byHand.archive(project, UUID.fromString(session));
  }

  /** Archives those chunks of a session. */
  public Part archive(UUID project, String session, Predicate<Frame> which) {
    return byHand.archive(project, UUID.fromString(session), which);
  }

  /** Lets the archive be away, as an unmounted directory or a bucket that refuses connections. */
  public void goAway() {
    try {
      if (directory != null) {
        Files.move(directory, aside());
        Files.createDirectory(directory);
      } else {
        proxy().goAway();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  public void comeBack() {
    try {
      if (directory != null) {
        Files.delete(directory);
        Files.move(aside(), directory);
      } else {
        proxy().comeBack();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private Path aside() {
    return server.folder().resolve("archive-unmounted");
  }

  /** Deletes an object behind the server's back. */
  public void lose(Part part) {
    try {
      archives.main().delete(List.of(part.key()));
    } catch (ArchiveFailure failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Cuts off an object's last bytes. */
  public void truncate(Part part) {
    byte[] bytes = bytes(part);
    byHand.put(part.key(), Arrays.copyOf(bytes, bytes.length - 30));
  }

  /** Turns over a bit of an object. */
  public void flip(Part part, int at) {
    byte[] bytes = bytes(part);
    bytes[at] ^= 0x10;
    byHand.put(part.key(), bytes);
  }

  /** An object as it is stored. */
  public byte[] bytes(Part part) {
    var bytes = new ByteArrayOutputStream();
    try {
      archives.main().get(part.key(), bytes);
    } catch (IOException | ArchiveFailure failure) {
      throw new IllegalStateException(failure);
    }
    return bytes.toByteArray();
  }

  /** Stores an object. */
  public void put(ObjectKey key, byte[] bytes) {
    byHand.put(key, bytes);
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception failure) {
        throw new IllegalStateException(failure);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
