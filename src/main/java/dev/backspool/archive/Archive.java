package dev.backspool.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds finished recordings, each one object that is written once and never changes. Whoever makes
 * a key puts a hash of the content into it, so an object that is there already is the same one.
 *
 * <p>Every call blocks, ends in bounded time and is safe for use by many threads; several processes
 * may share one archive. What fails for a while is tried again before {@link ArchiveUnavailable} is
 * thrown; after it, the same call may simply be made again.
 */
public interface Archive extends AutoCloseable {
  /** As the other one, of an archive of which nothing is known. */
  static Archive open(ArchiveUrl url, @Nullable S3Keys keys) {
    return open(url, keys, false);
  }

  /**
   * Opens an archive without asking it anything, so that an archive that is away does not hold up a
   * start; {@link #check} asks.
   *
   * @param keys signs requests to a bucket; null finds credentials where AWS tools do: environment,
   *     profile, container, instance
   * @param known whether it holds something. Then a directory is not made: one that is not there,
   *     or empty, is not mounted
   * @throws IllegalArgumentException when a bucket's region can be found nowhere
   */
  static Archive open(ArchiveUrl url, @Nullable S3Keys keys, boolean known) {
    return switch (url) {
      case ArchiveUrl.Directory directory -> new DirectoryArchive(directory.root(), known);
      case ArchiveUrl.Bucket bucket -> new S3Archive(bucket, keys, Patience.STANDARD);
    };
  }

  /**
   * Asks whether the archive is there and lets us in. Changes nothing that is stored.
   *
   * @throws ArchiveUnavailable saying why not
   */
  void check() throws ArchiveUnavailable;

  /**
   * Stores an object unless it is there. When this returns, whatever it returns, the whole object
   * is on stable storage and a crash of the machine does not lose it; until then no reader sees any
   * of it. An object of another size under the key is a damaged one and is replaced.
   *
   * @return false when it was there before; of several who store one key at the same time, more
   *     than one may be told true
   */
  boolean put(ObjectKey key, byte[] bytes) throws ArchiveUnavailable;

  /**
   * Stores a file's bytes as an object unless it is there, as durably as {@link #put(ObjectKey,
   * byte[])}. The file stays where it is and must not change meanwhile.
   *
   * @return false when it was there before
   * @throws IOException when the file cannot be read
   */
  boolean put(ObjectKey key, Path file) throws IOException, ArchiveUnavailable;

  /**
   * Reads a part of an object. What it returns was durable before.
   *
   * @param offset of the first byte
   * @param length in bytes
   * @return exactly so many bytes
   * @throws DamagedObject when the object is shorter than that
   */
  byte[] get(ObjectKey key, long offset, int length)
      throws MissingObject, DamagedObject, ArchiveUnavailable;

  /**
   * Writes a whole object to {@code out}, which is neither flushed nor closed. What it writes was
   * durable before; when it throws, {@code out} may have got a part of it.
   *
   * @return the object's size in bytes
   * @throws IOException when {@code out} takes no more
   * @throws DamagedObject when the object changed its size while it was read
   */
  long get(ObjectKey key, OutputStream out)
      throws IOException, MissingObject, DamagedObject, ArchiveUnavailable;

  /** Tells size and time of a stored, durable object; empty when there is none. */
  Optional<StoredObject> find(ObjectKey key) throws ArchiveUnavailable;

  /**
   * Lists the durable objects whose keys begin with {@code prefix}, in the order of their keys. An
   * object that is stored or deleted while the list is read may be in it or not; all others are in
   * it once.
   *
   * @param prefix for example a project's id; empty lists everything
   */
  Listing list(String prefix);

  /**
   * Deletes objects. When this returns, they are gone for good: a crash of the machine does not
   * bring them back. Deleting what is not there is no failure; after a failure some may be gone,
   * and the same call may be made again.
   *
   * @return the keys that were not there
   */
  Set<ObjectKey> delete(Collection<ObjectKey> keys) throws ArchiveUnavailable;

  /**
   * Moves an object to the cold tier of its archive, where it stays readable and durable as before,
   * for less money. Doing it twice is no failure.
   *
   * @return whether it is there now; false where the archive has no cold tier or the object is too
   *     large to be moved at once (5 GiB)
   */
  boolean moveToColdTier(ObjectKey key) throws MissingObject, ArchiveUnavailable;

  /**
   * Frees what puts left behind whose process died. No object is touched and no lost byte was ever
   * acknowledged, so this needs no durability of its own.
   *
   * @param age of what may go; well above the longest put, such as a day
   * @return how many were removed
   */
  int removeLeftovers(Duration age) throws ArchiveUnavailable;

  /** Lets go of connections. What was put stays. */
  @Override
  void close();
}
