package dev.backspool.archive;

/** The archive is there and holds no such object. */
public final class MissingObject extends ArchiveFailure {
  private static final long serialVersionUID = 1;

  MissingObject(ObjectKey key) {
    super("The archive holds no " + key, null);
  }
}
