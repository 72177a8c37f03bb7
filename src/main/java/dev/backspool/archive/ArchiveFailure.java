package dev.backspool.archive;

import org.jspecify.annotations.Nullable;

/** Why an archive did not do what it was asked. */
public abstract sealed class ArchiveFailure extends Exception
    permits ArchiveUnavailable, MissingObject, DamagedObject {
  private static final long serialVersionUID = 1;

  ArchiveFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
