package dev.backspool.session;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Something that an upload may name, and that may have been erased.
 *
 * @param value as the rows have it: a session's id, an {@link Opener#key}, a tab's or profile's id
 */
public record Mark(UUID project, Kind kind, String value) {
  private static final String HASH = "HmacSHA256";

  /** What it is that is named. */
  public enum Kind {
    SESSION,
    OPENER,
    TAB,
    PROFILE
  }

  public static Mark session(UUID project, UUID session) {
    return new Mark(project, Kind.SESSION, session.toString());
  }

  public static Mark opener(UUID project, String key) {
    return new Mark(project, Kind.OPENER, key);
  }

  public static Mark tab(UUID project, String tab) {
    return new Mark(project, Kind.TAB, tab);
  }

  public static Mark profile(UUID project, String id) {
    return new Mark(project, Kind.PROFILE, id);
  }

  /**
   * What is kept of it once it is erased.
   *
   * @param secret the project's own, without which the hash tells nothing
   */
  public byte[] hash(byte[] secret) {
    try {
      Mac mac = Mac.getInstance(HASH);
      mac.init(new SecretKeySpec(secret, HASH));
      mac.update(kind.name().getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      return mac.doFinal(value.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
