package dev.backspool.verify;

import dev.backspool.archive.ArchiveUnavailable;
import java.util.List;

/** Looks at something again, all of it, as it is now. */
@FunctionalInterface
interface Check {
  /**
   * Looks.
   *
   * @return what looks wrong
   * @throws ArchiveUnavailable when the whole archive is away
   */
  List<Suspicion> look() throws ArchiveUnavailable;
}
