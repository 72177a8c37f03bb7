package dev.backspool.protocol.stackauth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A sign-in service: signs access tokens and publishes its keys over HTTP. */
final class Issuer implements AutoCloseable {
  private final HttpServer http;
  private final AtomicInteger asked = new AtomicInteger();
  private final ECKey key = ecKey("first");
  private volatile JWKSet published = new JWKSet(key);
  private volatile int status = 200;

  private Issuer(HttpServer http) {
    this.http = http;
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          byte[] keys = published.toString(true).getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(status, keys.length);
          exchange.getResponseBody().write(keys);
          exchange.close();
        });
    http.start();
  }

  static Issuer start() {
    try {
      return new Issuer(
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ECKey ecKey(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  String jwksUrl() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/.well-known/jwks.json";
  }

  /** A URL that names the project as the sign-in service knows it. */
  String jwksUrl(String foreignProject) {
    return jwksUrl().replace("/.well-known", "/api/v1/projects/" + foreignProject + "/.well-known");
  }

  /** How often the keys were asked for. */
  int asked() {
    return asked.get();
  }

  void publish(JWK... keys) {
    published = new JWKSet(List.of(keys));
  }

  /** From now on, answers this way. */
  void answer(int status) {
    this.status = status;
  }

  ECKey key() {
    return key;
  }

  /** A token of a user's sign-in, valid for five minutes, as the contract's server makes them. */
  String token(UUID project, String user, String refreshToken) {
    return token(project, user, refreshToken, _ -> {});
  }

  String token(
      UUID project, String user, String refreshToken, Consumer<JWTClaimsSet.Builder> change) {
    JWTClaimsSet.Builder claims = claims(project, user, refreshToken);
    change.accept(claims);
    return sign(claims.build(), key, JWSAlgorithm.ES256);
  }

  static JWTClaimsSet.Builder claims(UUID project, String user, String refreshToken) {
    Instant now = Instant.now();
    return new JWTClaimsSet.Builder()
        .subject(user)
        .issuer("https://sign-in.example.com")
        .audience(project.toString())
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plusSeconds(300)))
        .claim("project_id", project.toString())
        .claim("branch_id", "main")
        .claim("refresh_token_id", refreshToken)
        .claim("role", "authenticated")
        .claim("name", "Ada Shopper")
        .claim("email", "ada@example.com")
        .claim("email_verified", true)
        .claim("selected_team_id", null)
        .claim("signed_up_at", now.getEpochSecond())
        .claim("is_anonymous", false)
        .claim("is_restricted", false)
        .claim("restricted_reason", null)
        .claim("requires_totp_mfa", false)
        .serializeNullClaims(true);
  }

  static String sign(JWTClaimsSet claims, JWK key, JWSAlgorithm algorithm) {
    try {
      var jwt =
          new SignedJWT(new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).build(), claims);
      jwt.sign(
          switch (key) {
            case ECKey ec -> new ECDSASigner(ec);
            case RSAKey rsa -> new RSASSASigner(rsa);
            default -> throw new IllegalArgumentException(key.toString());
          });
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
