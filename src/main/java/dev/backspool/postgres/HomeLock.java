package dev.backspool.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The claim of one living process on a data directory. The operating system drops the lock with the
 * process, however it dies, so a server found running without a held lock is an orphan.
 */
final class HomeLock implements AutoCloseable {
  /**
   * Locks of this process. Asked first, because closing any other channel on the lock file would
   * drop the lock of the whole process (fcntl(2)).
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private HomeLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock and writes this process's id into it.
   *
   * @throws PostgresStartException naming the holder, when a living process has it
   */
  static HomeLock take(Home home, Path dataDir) throws IOException {
    Path file = home.root().resolve("lock");
    if (!HELD_HERE.add(file)) {
      throw held(dataDir, Long.toString(ProcessHandle.current().pid()));
    }
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      @Nullable FileLock lock = channel.tryLock();
      if (lock == null) {
        throw held(dataDir, holder(channel));
      }
      channel.truncate(0);
      channel.write(ascii(ProcessHandle.current().pid() + "\n"));
      return new HomeLock(file, channel);
    } catch (IOException | RuntimeException failure) {
      HELD_HERE.remove(file);
      if (channel != null) {
        channel.close();
      }
      throw failure;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    HELD_HERE.remove(file);
  }

  private static PostgresStartException held(Path dataDir, String pid) {
    return new PostgresStartException(
        "The data directory %s is in use by another Backspool (process %s); stop that one first or give this one its own directory."
            .formatted(dataDir.toAbsolutePath().normalize(), pid));
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer pid = ByteBuffer.allocate(32);
    channel.read(pid, 0);
    return StandardCharsets.US_ASCII.decode(pid.flip()).toString().strip();
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }
}
