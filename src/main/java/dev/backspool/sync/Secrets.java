package dev.backspool.sync;

import dev.backspool.postgres.Database;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts the connections of sinks (AES-256-GCM), each bound to its sink: a copy of their table
 * alone, or of one in another's place, tells nobody anything.
 */
final class Secrets {
  private static final String CIPHER = "AES/GCM/NoPadding";
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final Database database;
  private final SecureRandom random = new SecureRandom();
  private volatile @Nullable SecretKey secret;

  Secrets(Database database) {
    this.database = database;
  }

  byte[] encrypt(UUID sink, String connection) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] sealed =
        run(Cipher.ENCRYPT_MODE, sink, nonce, connection.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.allocate(NONCE_BYTES + sealed.length).put(nonce).put(sealed).array();
  }

  String decrypt(UUID sink, byte[] encrypted) {
    byte[] nonce = Arrays.copyOf(encrypted, NONCE_BYTES);
    byte[] sealed = Arrays.copyOfRange(encrypted, NONCE_BYTES, encrypted.length);
    return new String(run(Cipher.DECRYPT_MODE, sink, nonce, sealed), StandardCharsets.UTF_8);
  }

  private byte[] run(int mode, UUID sink, byte[] nonce, byte[] input) {
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(mode, secret(), new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(sink.toString().getBytes(StandardCharsets.UTF_8));
      return cipher.doFinal(input);
    } catch (GeneralSecurityException failure) {
      throw new IllegalStateException("The connection of sink " + sink + " is damaged", failure);
    }
  }

  private SecretKey secret() {
    SecretKey known = secret;
    if (known == null) {
      byte[] fresh = new byte[32];
      random.nextBytes(fresh);
      byte[] bytes =
          database.write(handle -> {
            handle.execute(
                "insert into sync_secret (secret) values (?) on conflict do nothing", fresh);
            return handle.createQuery("select secret from sync_secret").mapTo(byte[].class).one();
          });
      known = new SecretKeySpec(bytes, "AES");
      secret = known;
    }
    return known;
  }
}
