package dev.backspool.protocol.stackauth;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Ids as the contract spells them: UUIDs of version 1 to 8. The variant may begin with 0, which is
 * looser than RFC 9562, and letters may be of either case.
 */
final class StackIds {
  private static final Pattern FORM =
      Pattern.compile(
          "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[089ab][0-9a-f]{3}-[0-9a-f]{12}",
          Pattern.CASE_INSENSITIVE);

  private StackIds() {}

  static boolean isId(String text) {
    return FORM.matcher(text).matches();
  }

  /** The id, empty when the text is none. */
  static Optional<UUID> parse(String text) {
    return isId(text) ? Optional.of(UUID.fromString(text)) : Optional.empty();
  }
}
