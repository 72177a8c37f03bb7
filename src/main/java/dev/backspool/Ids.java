package dev.backspool;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Makes ids and keys. */
public final class Ids {
  private static final SecureRandom RANDOM = new SecureRandom();

  private static final long VERSION_7 = 0x7000;
  private static final long VARIANT = Long.MIN_VALUE;

  private Ids() {}

  /**
   * A UUID of version 7 (RFC 9562): its first 48 bits are the time in ms, so that rows made
   * together lie together in an index. The rest is from a generator that cannot be guessed, because
   * a session's id is part of links that people share.
   */
  public static UUID uuid() {
    byte[] random = new byte[10];
    RANDOM.nextBytes(random);
    long high = (System.currentTimeMillis() << 16) | VERSION_7;
    high |= ((random[0] & 0x0f) << 8) | (random[1] & 0xff);
    long low = 0;
    for (int i = 2; i < 10; i++) {
      low = (low << 8) | (random[i] & 0xff);
    }
    return new UUID(high, (low >>> 2) | VARIANT);
  }

  /**
   * A key with 192 random bits.
   *
   * @param prefix says what kind of key it is, for example {@code bsk_}
   */
  public static String key(String prefix) {
    byte[] random = new byte[24];
    RANDOM.nextBytes(random);
    return prefix + HexFormat.of().formatHex(random);
  }

  /** A short reference that ties an answer to its line in the log. Not a secret. */
  public static String reference() {
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
  }
}
