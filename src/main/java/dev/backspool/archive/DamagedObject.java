package dev.backspool.archive;

/** An object is not what was stored: it ends too early, or changed. Trying again does not help. */
public final class DamagedObject extends ArchiveFailure {
  private static final long serialVersionUID = 1;

  DamagedObject(ObjectKey key, String what) {
    super("The archive's " + key + " is damaged: " + what, null);
  }

  static DamagedObject tooShort(ObjectKey key, long size, long wanted) {
    return new DamagedObject(
        key, "it has " + size + " bytes, and byte " + wanted + " was asked for");
  }
}
