package dev.backspool.protocol.stackauth;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jwt.SignedJWT;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Signatures by Ed25519 keys (RFC 8037) through the JDK, because the JOSE library needs a further
 * library for them.
 */
final class Ed25519 {
  /** What stands before the 32 bytes of a key in its X.509 form (RFC 8410, section 4). */
  private static final byte[] X509_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private static final int KEY_BYTES = 32;

  private Ed25519() {}

  static boolean isSigned(SignedJWT jwt, OctetKeyPair key) {
    byte[] point = key.getDecodedX();
    if (!Curve.Ed25519.equals(key.getCurve()) || point.length != KEY_BYTES) {
      return false;
    }
    byte[] encoded = Arrays.copyOf(X509_PREFIX, X509_PREFIX.length + KEY_BYTES);
    System.arraycopy(point, 0, encoded, X509_PREFIX.length, KEY_BYTES);
    try {
      var signature = Signature.getInstance("Ed25519");
      signature.initVerify(
          KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
      signature.update(jwt.getSigningInput());
      return signature.verify(jwt.getSignature().decode());
    } catch (GeneralSecurityException e) {
      return false; // no point on the curve, or no signature at all
    }
  }
}
