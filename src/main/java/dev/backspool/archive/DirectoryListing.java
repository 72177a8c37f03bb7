package dev.backspool.archive;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Walks an archive's directory in the order of its keys. Only names of folders that lie on the way
 * are held, and of their files; a folder is known by its name, which has no dot.
 */
final class DirectoryListing implements Listing {
  private static final int PAGE = 1_000;

  private final DirectoryArchive archive;
  private final String prefix;

  /** What is still to be visited, first one on top; folders end with a slash, the root is empty. */
  private final Deque<String> ahead = new ArrayDeque<>(List.of(""));

  /** Survives a failure, so that what was collected before it is not lost. */
  private List<StoredObject> page = new ArrayList<>();

  DirectoryListing(DirectoryArchive archive, String prefix) {
    this.archive = archive;
    this.prefix = prefix;
  }

  @Override
  public List<StoredObject> next() throws ArchiveUnavailable {
    archive.requireThere();
    try {
      while (page.size() < PAGE && !ahead.isEmpty()) {
        visit(ahead.peek());
      }
    } catch (IOException failure) {
      throw archive.unavailable(failure);
    }
    List<StoredObject> full = page;
    page = new ArrayList<>();
    return full;
  }

  private void visit(String path) throws IOException {
    if (path.isEmpty() || path.endsWith("/")) {
      List<String> inside = children(path);
      ahead.pop();
      inside.forEach(ahead::push);
      return;
    }
    Optional<ObjectKey> key = ObjectKey.parse(path);
    if (key.isPresent()) {
      try {
        page.add(archive.stat(key.get()));
      } catch (NoSuchFileException e) {
        // Deleted meanwhile.
      }
    }
    ahead.pop();
  }

  /** The last comes first, as they go onto a stack. */
  private List<String> children(String folder) throws IOException {
    var children = new ArrayList<String>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(archive.root().resolve(folder))) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        String child = folder + (name.contains(".") ? name : name + "/");
        if (child.startsWith(prefix) || (child.endsWith("/") && prefix.startsWith(child))) {
          children.add(child);
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      // Deleted meanwhile, or a stranger's file.
      return List.of();
    } catch (DirectoryIteratorException failure) {
      throw failure.getCause();
    }
    children.sort(Comparator.reverseOrder());
    return children;
  }
}
