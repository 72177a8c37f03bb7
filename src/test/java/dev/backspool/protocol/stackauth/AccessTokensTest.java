package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import dev.backspool.Project;
import dev.backspool.RetentionDays;
import dev.backspool.protocol.stackauth.AccessTokens.User;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which access tokens are believed, and how the keys they are verified with are fetched. */
final class AccessTokensTest {
  private static final String USER = "4f1c9a52-6f1d-4b7e-9d0b-0a1b2c3d4e5f";
  private static final String SIGN_IN = "6c0f3f6e-2f35-4c0a-8f4a-5e6d7c8b9a00";

  private final Project project =
      new Project(
          UUID.randomUUID(),
          "Shop",
          "web",
          "bsk",
          "pck",
          UUID.randomUUID(),
          List.of(),
          null,
          null,
          null,
          false,
          List.of(),
          List.of(),
          new RetentionDays(null, null, null, null),
          Instant.now());
  private final AccessTokens tokens = new AccessTokens();
  private Issuer issuer;

  @BeforeEach
  void start() {
    issuer = Issuer.start();
  }

  @AfterEach
  void stop() {
    issuer.close();
  }

  private User verify(String token) {
    return tokens.verify(project, issuer.jwksUrl(), token);
  }

  private StackFailure refusal(String token) {
    return catchThrowableOfType(StackFailure.class, () -> verify(token));
  }

  private String token(Consumer<JWTClaimsSet.Builder> change) {
    return issuer.token(project.id(), USER, SIGN_IN, change);
  }

  private JWTClaimsSet claims() {
    return Issuer.claims(project.id(), USER, SIGN_IN).build();
  }

  @Test
  void tells_the_user_and_the_sign_in() {
    assertThat(verify(token(_ -> {})))
        .isEqualTo(new User(USER, SIGN_IN, "Ada Shopper", "ada@example.com"));
  }

  @Test
  void knows_the_sign_in_by_either_spelling() {
    var user =
        verify(
            token(
                claims -> claims.claim("refresh_token_id", null).claim("refreshTokenId", SIGN_IN)));

    assertThat(user.refreshTokenId()).isEqualTo(SIGN_IN);
  }

  @Test
  void believes_rsa_keys() throws JOSEException {
    RSAKey key = new RSAKeyGenerator(2048).keyID("rsa").generate();
    issuer.publish(key.toPublicJWK());

    assertThat(verify(Issuer.sign(claims(), key, JWSAlgorithm.RS256)).id()).isEqualTo(USER);
    assertThat(verify(Issuer.sign(claims(), key, JWSAlgorithm.PS256)).id()).isEqualTo(USER);
  }

  @Test
  void believes_edwards_keys() throws GeneralSecurityException {
    KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    byte[] encoded = pair.getPublic().getEncoded();
    byte[] point = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
    issuer.publish(
        new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(point)).keyID("ed").build());
    String signed =
        Base64URL.encode("{\"alg\":\"EdDSA\",\"kid\":\"ed\"}")
            + "."
            + Base64URL.encode(claims().toPayload(true).toString());
    var signature = Signature.getInstance("Ed25519");
    signature.initSign(pair.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    String token = signed + "." + Base64URL.encode(signature.sign());

    assertThat(verify(token).id()).isEqualTo(USER);
    assertThat(refusal(token.substring(0, token.length() - 4) + "AAAA").code())
        .isEqualTo("UNPARSABLE_ACCESS_TOKEN");
  }

  @Test
  void refuses_what_another_key_signed() {
    ECKey stranger = Issuer.ecKey(issuer.key().getKeyID());

    assertThat(refusal(Issuer.sign(claims(), stranger, JWSAlgorithm.ES256)).code())
        .isEqualTo("UNPARSABLE_ACCESS_TOKEN");
  }

  @Test
  void refuses_tokens_that_are_not_signed_by_a_published_key_at_all() throws JOSEException {
    byte[] published = issuer.key().toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8);
    var byPublicKey =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.HS256)
                .keyID(issuer.key().getKeyID())
                .type(JOSEObjectType.JWT)
                .build(),
            new Payload(claims().toJSONObject()));
    byPublicKey.sign(new MACSigner(published));

    for (String token :
        List.of("", "x", "a.b.c", new PlainJWT(claims()).serialize(), byPublicKey.serialize())) {
      assertThat(refusal(token).code()).as(token).isEqualTo("UNPARSABLE_ACCESS_TOKEN");
      assertThat(refusal(token).status()).isEqualTo(401);
    }
  }

  @Test
  void refuses_a_token_past_its_expiry() {
    Date past = Date.from(Instant.now().minusSeconds(120));
    StackFailure failure = refusal(token(claims -> claims.expirationTime(past)));

    assertThat(failure.code()).isEqualTo("ACCESS_TOKEN_EXPIRED");
    assertThat(failure.details()).containsKey("expired_at_millis");
    assertThat(refusal(token(claims -> claims.expirationTime(null))).code())
        .isEqualTo("UNPARSABLE_ACCESS_TOKEN");
    assertThat(
            refusal(
                    token(
                        claims -> claims.notBeforeTime(Date.from(Instant.now().plusSeconds(120)))))
                .code())
        .isEqualTo("UNPARSABLE_ACCESS_TOKEN");
  }

  @Test
  void refuses_a_token_of_another_project() {
    String other = UUID.randomUUID().toString();

    for (Consumer<JWTClaimsSet.Builder> change :
        List.<Consumer<JWTClaimsSet.Builder>>of(
            claims -> claims.audience(other).claim("project_id", other),
            claims -> claims.audience(other),
            claims -> claims.claim("project_id", other),
            claims -> claims.audience(List.of()).claim("project_id", null))) {
      assertThat(refusal(token(change)).code()).isEqualTo("INVALID_PROJECT_FOR_ACCESS_TOKEN");
    }
  }

  @Test
  void takes_the_audiences_of_anonymous_users_as_the_project() {
    var user = verify(token(claims -> claims.audience(project.id() + ":anon")));

    assertThat(user.id()).isEqualTo(USER);
  }

  @Test
  void takes_the_project_by_the_name_it_has_where_its_keys_are() {
    String foreign = UUID.randomUUID().toString();
    String token = token(claims -> claims.audience(foreign).claim("project_id", foreign));

    assertThat(tokens.verify(project, issuer.jwksUrl(foreign), token).id()).isEqualTo(USER);
    assertThat(refusal(token).code()).isEqualTo("INVALID_PROJECT_FOR_ACCESS_TOKEN");
  }

  @Test
  void asks_for_the_keys_once() {
    for (int i = 0; i < 20; i++) {
      verify(token(_ -> {}));
    }

    assertThat(issuer.asked()).isOne();
  }

  @Test
  void learns_a_new_key_at_its_first_token() {
    verify(token(_ -> {}));
    ECKey second = Issuer.ecKey("second");
    issuer.publish(issuer.key().toPublicJWK(), second.toPublicJWK());

    assertThat(verify(Issuer.sign(claims(), second, JWSAlgorithm.ES256)).id()).isEqualTo(USER);
  }

  @Test
  void a_flood_of_unknown_keys_does_not_flood_the_sign_in_service() {
    for (int i = 0; i < 50; i++) {
      ECKey forged = Issuer.ecKey("forged-" + i);
      assertThat(refusal(Issuer.sign(claims(), forged, JWSAlgorithm.ES256)).status())
          .isIn(401, 503);
    }

    assertThat(issuer.asked()).isLessThanOrEqualTo(3);
    assertThat(verify(token(_ -> {})).id()).as("known keys still do").isEqualTo(USER);
  }

  @Test
  void says_to_come_again_while_the_keys_cannot_be_had() {
    issuer.answer(500);
    StackFailure failure = refusal(token(_ -> {}));

    assertThat(failure.status()).isEqualTo(503);
    assertThat(failure.retryAfter()).isNotNull();
  }

  @Test
  void asks_nothing_but_http() {
    StackFailure failure =
        catchThrowableOfType(
            StackFailure.class,
            () -> tokens.verify(project, "file:///etc/hostname", token(_ -> {})));

    assertThat(failure.status()).isEqualTo(503);
  }
}
