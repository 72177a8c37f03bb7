package dev.backspool.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * An archive in a directory: a key is a path in it. An object is written under a passing name,
 * synced, renamed, and then every folder above it is synced, so that power may fail at any moment.
 *
 * <p>A mark in the root tells the archive from the empty folder that is left when its file system
 * is not mounted: there nothing is "missing", the archive is away.
 */
final class DirectoryArchive implements Archive {
  static final String MARK = ".backspool-archive";
  static final String INCOMING = ".incoming";

  private static final int BUFFER = 256 << 10;

  /** How often a folder may vanish, emptied by a delete, between making it and using it. */
  private static final int MOST_RACES = 20;

  private final Path root;
  private final Path incoming;
  private volatile boolean seen;

  DirectoryArchive(Path root, boolean known) {
    this.root = root;
    incoming = root.resolve(INCOMING);
    seen = known;
  }

  @Override
  public void check() throws ArchiveUnavailable {
    requireThere();
    if (!Files.isWritable(Files.exists(incoming) ? incoming : root)) {
      throw new ArchiveUnavailable("The archive directory " + root + " cannot be written", null);
    }
  }

  /** Makes the archive when it is new; later it has to be there. */
  void requireThere() throws ArchiveUnavailable {
    if (Files.exists(root.resolve(MARK))) {
      seen = true;
      return;
    }
    if (seen) {
      throw gone();
    }
    try {
      Files.createDirectories(incoming);
      syncUpwards();
      try {
        Files.createFile(root.resolve(MARK));
      } catch (FileAlreadyExistsException e) {
        // Another process opened the same archive.
      }
      sync(root);
      seen = true;
    } catch (IOException failure) {
      throw unavailable(failure);
    }
  }

  /** The root may be new, and so may be folders above it, as far as they are ours to see. */
  private void syncUpwards() throws IOException {
    for (Path folder = root; folder != null; folder = folder.getParent()) {
      try {
        sync(folder);
      } catch (AccessDeniedException e) {
        return;
      }
    }
  }

  @Override
  public boolean put(ObjectKey key, byte[] bytes) throws ArchiveUnavailable {
    return put(key, new Content.Bytes(bytes));
  }

  @Override
  public boolean put(ObjectKey key, Path file) throws IOException, ArchiveUnavailable {
    try (var content = new Content.OfFile(file)) {
      return put(key, content);
    } catch (Content.Unreadable failure) {
      throw failure.failure();
    }
  }

  private boolean put(ObjectKey key, Content content) throws ArchiveUnavailable {
    requireThere();
    Path target = path(key);
    List<Path> folders = folders(key);
    try {
      if (Files.isRegularFile(target) && Files.size(target) == content.size()) {
        // Whoever put it may not have come to this yet.
        sync(folders);
        return false;
      }
      Path part = incoming.resolve(UUID.randomUUID() + ".part");
      try {
        write(part, content);
        publish(part, folders.getFirst(), target);
      } finally {
        Files.deleteIfExists(part);
      }
      sync(folders);
      return true;
    } catch (IOException failure) {
      throw unavailable(failure);
    }
  }

  private void write(Path part, Content content) throws IOException {
    Files.createDirectories(incoming);
    InputStream in = content.slice(0, content.size());
    try (FileChannel channel =
        FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] buffer = new byte[BUFFER];
      for (int count; (count = in.read(buffer)) > 0; ) {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
      channel.force(true);
    }
  }

  private static void publish(Path part, Path folder, Path target) throws IOException {
    for (int race = 1; ; race++) {
      try {
        Files.createDirectories(folder);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (NoSuchFileException | FileAlreadyExistsException failure) {
        if (race == MOST_RACES) {
          throw failure;
        }
      }
    }
  }

  /** The folders a key lies in, its own first, the root last. */
  private List<Path> folders(ObjectKey key) {
    var folders = new ArrayList<>(List.of(root));
    String path = key.toString();
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      folders.addFirst(root.resolve(path.substring(0, slash)));
    }
    return folders;
  }

  /** Also those above: one may be new, made by us or by another who has not synced it yet. */
  private void sync(List<Path> folders) throws IOException {
    for (Path folder : folders) {
      try {
        sync(folder);
      } catch (NoSuchFileException failure) {
        if (folder.equals(root)) {
          throw failure;
        }
        // A delete emptied it meanwhile, and syncs what is above.
      }
    }
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public byte[] get(ObjectKey key, long offset, int length)
      throws MissingObject, DamagedObject, ArchiveUnavailable {
    Objects.checkFromIndexSize(offset, length, Long.MAX_VALUE);
    try (FileChannel channel = FileChannel.open(path(key), StandardOpenOption.READ)) {
      if (channel.size() < offset + length) {
        throw DamagedObject.tooShort(key, channel.size(), offset + length - 1);
      }
      ByteBuffer bytes = ByteBuffer.allocate(length);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, offset + bytes.position()) < 0) {
          throw new DamagedObject(key, "it became shorter while it was read");
        }
      }
      return bytes.array();
    } catch (NoSuchFileException e) {
      throw missing(key);
    } catch (IOException failure) {
      throw unavailable(failure);
    }
  }

  @Override
  public long get(ObjectKey key, OutputStream out)
      throws IOException, MissingObject, DamagedObject, ArchiveUnavailable {
    try (Content.OfFile content = open(key)) {
      content.slice(0, content.size()).transferTo(out);
      return content.size();
    } catch (Content.Unreadable failure) {
      throw unavailable(failure.failure());
    }
  }

  private Content.OfFile open(ObjectKey key) throws MissingObject, ArchiveUnavailable {
    try {
      return new Content.OfFile(path(key));
    } catch (IOException failure) {
      if (!Files.isRegularFile(path(key))) {
        throw missing(key);
      }
      throw unavailable(failure);
    }
  }

  @Override
  public Optional<StoredObject> find(ObjectKey key) throws ArchiveUnavailable {
    try {
      return Optional.of(stat(key));
    } catch (NoSuchFileException e) {
      requireThere();
      return Optional.empty();
    } catch (IOException failure) {
      throw unavailable(failure);
    }
  }

  /**
   * Size and time of a file.
   *
   * @throws NoSuchFileException when it is none
   */
  StoredObject stat(ObjectKey key) throws IOException {
    BasicFileAttributes file = Files.readAttributes(path(key), BasicFileAttributes.class);
    if (!file.isRegularFile()) {
      throw new NoSuchFileException(path(key).toString());
    }
    return new StoredObject(key, file.size(), file.lastModifiedTime().toInstant());
  }

  @Override
  public Listing list(String prefix) {
    return new DirectoryListing(this, prefix);
  }

  @Override
  public Set<ObjectKey> delete(Collection<ObjectKey> keys) throws ArchiveUnavailable {
    requireThere();
    var missing = new LinkedHashSet<ObjectKey>();
    var emptied = new LinkedHashSet<List<Path>>();
    try {
      for (ObjectKey key : new LinkedHashSet<>(keys)) {
        if (!Files.deleteIfExists(path(key))) {
          missing.add(key);
        }
        emptied.add(folders(key));
      }
      var changed = new LinkedHashSet<Path>();
      for (List<Path> folders : emptied) {
        changed.add(removeEmpty(folders));
      }
      sync(List.copyOf(changed));
      return missing;
    } catch (IOException failure) {
      throw unavailable(failure);
    }
  }

  /** Removes folders from the deepest up as far as they are empty; tells the first that is not. */
  private Path removeEmpty(List<Path> folders) throws IOException {
    for (Path folder : folders.subList(0, folders.size() - 1)) {
      try {
        Files.deleteIfExists(folder);
      } catch (DirectoryNotEmptyException e) {
        return folder;
      }
    }
    return root;
  }

  @Override
  public boolean moveToColdTier(ObjectKey key) throws MissingObject, ArchiveUnavailable {
    if (find(key).isEmpty()) {
      throw new MissingObject(key);
    }
    return false;
  }

  @Override
  public int removeLeftovers(Duration age) throws ArchiveUnavailable {
    requireThere();
    Instant before = Instant.now().minus(age);
    int removed = 0;
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(incoming, "*.part")) {
      for (Path part : parts) {
        if (Files.getLastModifiedTime(part).toInstant().isBefore(before)
            && Files.deleteIfExists(part)) {
          removed++;
        }
      }
      return removed;
    } catch (NoSuchFileException e) {
      // A put ended meanwhile, or nothing was ever put.
      return removed;
    } catch (IOException failure) {
      throw unavailable(failure);
    }
  }

  @Override
  public void close() {
    // Nothing is open between calls.
  }

  Path root() {
    return root;
  }

  private Path path(ObjectKey key) {
    return root.resolve(key.toString());
  }

  /** Who reads knows of an object, so the archive is older than this process: it is not made. */
  private MissingObject missing(ObjectKey key) throws ArchiveUnavailable {
    if (!Files.exists(root.resolve(MARK))) {
      throw gone();
    }
    return new MissingObject(key);
  }

  private ArchiveUnavailable gone() {
    return new ArchiveUnavailable(
        "The archive directory %s is gone or not mounted: no %s in it.".formatted(root, MARK)
            + " Where all that it held is lost for good, make that file",
        null);
  }

  ArchiveUnavailable unavailable(IOException failure) {
    return new ArchiveUnavailable(
        "The archive directory " + root + " cannot be used: " + failure, failure);
  }
}
