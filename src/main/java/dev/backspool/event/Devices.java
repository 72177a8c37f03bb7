package dev.backspool.event;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Names the device of a visitor who brings no id: a hash of browser, address and project, keyed
 * with the salt of the day, so that the name means nothing once the salt is gone. Everyone behind
 * one address with the same browser build has one name.
 */
public final class Devices {
  private static final String HASH = "HmacSHA256";
  private static final int BYTES = 16;

  private final Salts salts;

  Devices(Salts salts) {
    this.salts = salts;
  }

  /**
   * The device's names of today and yesterday, 32 hexadecimal digits each.
   *
   * @param userAgent null where the sender has none
   * @param ip null where no public address is known
   */
  public DeviceIds of(UUID project, @Nullable String userAgent, @Nullable String ip) {
    Salts.Pair pair = salts.now();
    byte[] sender =
        ((userAgent == null ? "unknown/1.0" : userAgent)
                + "\n"
                + (ip == null ? "" : ip)
                + "\n"
                + project)
            .getBytes(StandardCharsets.UTF_8);
    return new DeviceIds(hash(pair.current(), sender), hash(pair.previous(), sender));
  }

  private static String hash(byte[] salt, byte[] sender) {
    try {
      Mac mac = Mac.getInstance(HASH);
      mac.init(new SecretKeySpec(salt, HASH));
      return HexFormat.of().formatHex(Arrays.copyOf(mac.doFinal(sender), BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
