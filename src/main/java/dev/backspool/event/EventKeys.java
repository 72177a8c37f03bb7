package dev.backspool.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hashes the senders' own ids of events: they may name the sender, and nothing tells any more whose
 * they were. The database's {@code event_key_hash} does the same.
 */
final class EventKeys {
  /** Behind the name of a batch, the place of the event in it. */
  private static final Pattern NUMBERED =
      Pattern.compile("(.*):(0|[1-9][0-9]{0,8})", Pattern.DOTALL);

  private static final int BYTES = 16;

  private EventKeys() {}

  /** 16 bytes. The keys of one batch begin alike, so that they lie together in the index. */
  static byte[] hash(String key) {
    Matcher numbered = NUMBERED.matcher(key);
    if (!numbered.matches()) {
      return Arrays.copyOf(sha256(key), BYTES);
    }
    return ByteBuffer.allocate(BYTES)
        .put(sha256(numbered.group(1)), 0, BYTES - Integer.BYTES)
        .putInt(Integer.parseInt(numbered.group(2)))
        .array();
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
