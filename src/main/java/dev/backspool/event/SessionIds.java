package dev.backspool.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The ids of sessions that the server opens for a device (OpenPanel contract, section 2.2): a hash
 * of project, device and the half hour of the event, so that whoever places an event of a backlog
 * comes to the same session. Its 16 bytes are the session's id; written as base64url they are the
 * 22 characters that the SDK sees.
 */
public final class SessionIds {
  private static final long BUCKET_MS = 1_800_000;
  private static final long GRACE_MS = 5_000;

  private SessionIds() {}

  /** The session of a device at a time, in epoch ms. */
  public static UUID of(String project, String device, long atMs) {
    byte[] hash =
        sha256()
            .digest(
                ("sess:v1:" + project + ":" + device + ":" + bucket(atMs))
                    .getBytes(StandardCharsets.UTF_8));
    ByteBuffer first = ByteBuffer.wrap(hash);
    return new UUID(first.getLong(), first.getLong());
  }

  /** The half hour of a time; its first five seconds belong to the one before. */
  static long bucket(long atMs) {
    long bucket = Math.floorDiv(atMs, BUCKET_MS);
    return Math.floorMod(atMs, BUCKET_MS) < GRACE_MS ? bucket - 1 : bucket;
  }

  /** The id as the SDK sees it: 22 characters. */
  public static String text(UUID session) {
    byte[] bytes =
        ByteBuffer.allocate(16)
            .putLong(session.getMostSignificantBits())
            .putLong(session.getLeastSignificantBits())
            .array();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The session of an id as the SDK sees it; null where it is none. */
  public static @Nullable UUID parse(String text) {
    if (text.length() != 22) {
      return null;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      return new UUID(bytes.getLong(), bytes.getLong());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
