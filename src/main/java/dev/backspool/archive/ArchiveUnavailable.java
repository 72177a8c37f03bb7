package dev.backspool.archive;

import org.jspecify.annotations.Nullable;

/**
 * The archive does not answer, has no room or does not let us in. Nothing is known to be wrong with
 * the request: try later.
 */
public final class ArchiveUnavailable extends ArchiveFailure {
  private static final long serialVersionUID = 1;

  ArchiveUnavailable(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
