package dev.backspool.recording.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.backspool.recording.file.Format.Kind;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * Encrypts the parts of one file and opens them. Each file has a key of its own, made from the
 * caller's and the file's random id, so that one key may write many files: a nonce, which is only a
 * part's number, never comes twice under one key.
 */
final class Seal {
  static final int TAG_BYTES = 16;
  private static final byte[] PURPOSE = "backspool recording".getBytes(US_ASCII);
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;

  private final SecretKey fileKey;
  private final byte[] header;

  /**
   * The seal of a file.
   *
   * @param key AES-256: 32 bytes
   * @throws IllegalArgumentException when the key is of another size
   */
  Seal(SecretKey key, Kind kind) {
    byte[] secret = key.getEncoded();
    if (secret == null || secret.length != KEY_BYTES) {
      throw new IllegalArgumentException("a recording's key has 32 bytes");
    }
    header = kind.header();
    try {
      fileKey =
          KDF.getInstance("HKDF-SHA256")
              .deriveKey(
                  "AES",
                  HKDFParameterSpec.ofExtract()
                      .addIKM(secret)
                      .addSalt(kind.fileId())
                      .thenExpand(PURPOSE, KEY_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no HKDF-SHA256", e);
    }
  }

  /**
   * Encrypts a part.
   *
   * @param magic what the part is: its skippable frame's magic number
   * @param number its number among its kind
   */
  byte[] seal(int magic, int number, byte[] plain, int length) {
    try {
      return cipher(Cipher.ENCRYPT_MODE, magic, number).doFinal(plain, 0, length);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM does not work", e);
    }
  }

  /**
   * Opens a part.
   *
   * @param from where in the bytes it begins; it goes on to their end
   * @throws GeneralSecurityException when the key is another one or a bit has changed
   */
  byte[] open(int magic, int number, byte[] sealed, int from) throws GeneralSecurityException {
    return cipher(Cipher.DECRYPT_MODE, magic, number).doFinal(sealed, from, sealed.length - from);
  }

  private Cipher cipher(int mode, int magic, int number) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    byte[] nonce = ByteBuffer.allocate(NONCE_BYTES).putInt(magic).putLong(number).array();
    cipher.init(mode, fileKey, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
    cipher.updateAAD(header);
    return cipher;
  }
}
