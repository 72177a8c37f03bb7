package dev.backspool.archive;

import java.util.List;

/** Objects of an archive, page by page. Holds nothing open; for one thread at a time. */
public interface Listing {
  /**
   * The next objects, at most some 1,000 of them; what is listed is durable.
   *
   * @return an empty list at the end
   * @throws ArchiveUnavailable after which another call goes on where this one stood
   */
  List<StoredObject> next() throws ArchiveUnavailable;
}
