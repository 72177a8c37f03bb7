package dev.backspool.archive;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Names an object, for example {@code 0198c0de-…/recordings/2026-11-21/9f86d081….bksp}. The first
 * part is the project, so that nothing is stored that belongs to none.
 *
 * <p>Folders have no dot and the last part has one. So no key can be a folder of another key, which
 * a bucket would allow and a file system would not; and no key can leave its folder.
 *
 * @param name what follows the project: folders and the object's own name, with {@code /} between;
 *     holds a hash of the content
 */
public record ObjectKey(UUID project, String name) {
  private static final Pattern NAME =
      Pattern.compile(
          "(?:[A-Za-z0-9_=-]{1,100}/){0,8}[A-Za-z0-9_=-]{1,150}(?:\\.[A-Za-z0-9_-]{1,20}){1,3}");
  private static final int UUID_LENGTH = 36;

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException when it is none
   */
  public ObjectKey {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not the name of an object: " + name);
    }
  }

  /** Reads what {@link #toString} wrote; empty when it is no key, such as a stranger's file. */
  public static Optional<ObjectKey> parse(String text) {
    if (text.length() <= UUID_LENGTH || text.charAt(UUID_LENGTH) != '/') {
      return Optional.empty();
    }
    try {
      var key =
          new ObjectKey(
              UUID.fromString(text.substring(0, UUID_LENGTH)), text.substring(UUID_LENGTH + 1));
      return key.toString().equals(text) ? Optional.of(key) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The whole key, as it is in the archive. */
  @Override
  public String toString() {
    return project + "/" + name;
  }
}
