package dev.backspool.api;

import dev.backspool.Ids;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.ingest.RateLimiter;
import dev.backspool.postgres.Database;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Who may use the dashboard and its API: whoever knows the admin token, as {@code Authorization:
 * Bearer} or by the cookie that signing in gives. The cookie holds its expiry and a signature by
 * the installation's own secret, so any node can check it and no table of sign-ins is needed.
 */
public final class SignIn {
  private static final String COOKIE = "backspool_session";
  private static final Duration SIGNED_IN_FOR = Duration.ofDays(30);
  private static final int TRIES_PER_MINUTE = 20;
  private static final Bodies.Limits SMALL = new Bodies.Limits(16 << 10, 16 << 10, 100);

  private final Bodies bodies;
  private final byte[] tokenHash;
  private final byte[] cookieSecret;
  private final boolean secureCookie;
  private final Optional<String> newToken;
  private final RateLimiter<String> tries = new RateLimiter<>();

  private record Installation(byte @Nullable [] tokenHash, byte[] cookieSecret) {}

  private record Credentials(@Nullable String token) {}

  /**
   * Reads or makes what the installation signs in by.
   *
   * @param configured the operator's token; null uses the installation's own, made at first start
   * @param publicUrl an https address makes the cookie travel by https alone
   */
  public SignIn(Database database, Bodies bodies, @Nullable String configured, URI publicUrl) {
    this.bodies = bodies;
    this.secureCookie = "https".equals(publicUrl.getScheme());
    String candidate = Ids.key("bst_");
    Installation installation = installation(database);
    byte[] known = installation.tokenHash();
    this.cookieSecret = installation.cookieSecret();
    if (configured != null) {
      this.tokenHash = hash(configured);
      this.newToken = Optional.empty();
    } else if (known != null) {
      this.tokenHash = known;
      this.newToken = Optional.empty();
    } else {
      this.tokenHash = keepToken(database, hash(candidate));
      this.newToken =
          MessageDigest.isEqual(tokenHash, hash(candidate))
              ? Optional.of(candidate)
              : Optional.empty();
    }
  }

  /** The admin token just made, to be shown this once; empty on every later start. */
  public Optional<String> newToken() {
    return newToken;
  }

  /** Forgets the installation's own token and gives a new one. */
  public static String resetToken(Database database) {
    String token = Ids.key("bst_");
    installation(database);
    database.write(
        handle -> handle.execute("update instance set admin_token_hash = ?", hash(token)));
    return token;
  }

  /** Whether the request may use the API. */
  public boolean isSignedIn(Context ctx) {
    String authorization = ctx.header("Authorization");
    if (authorization != null && authorization.startsWith("Bearer ")) {
      return isToken(authorization.substring("Bearer ".length()).strip());
    }
    String cookie = ctx.cookie(COOKIE);
    return cookie != null && isCookie(cookie);
  }

  /** {@code POST /api/sign-in {"token": …}}: 204 with the cookie, or 401. */
  public void post(Context ctx) {
    Optional<Duration> wait = tries.take(ctx.ip(), TRIES_PER_MINUTE);
    if (wait.isPresent()) {
      ctx.header("Retry-After", Problem.seconds(wait.get()));
      Problem.send(
          ctx, Problem.of(429, "rate_limited", "Too many requests", "Too many tries, wait a bit"));
      return;
    }
    Credentials credentials;
    try (Body body = bodies.read(ctx, SMALL)) {
      credentials = Json.read(body, Credentials.class);
    }
    String token = credentials.token();
    if (token == null || !isToken(token.strip())) {
      Problem.send(
          ctx, Problem.of(401, "wrong_token", "Not signed in", "This is not the admin token"));
      return;
    }
    ctx.cookie(cookie(signed(Instant.now().plus(SIGNED_IN_FOR)), SIGNED_IN_FOR));
    ctx.status(204);
  }

  /** {@code POST /api/sign-out}. */
  public void out(Context ctx) {
    ctx.cookie(cookie("", Duration.ZERO));
    ctx.status(204);
  }

  private Cookie cookie(String value, Duration lives) {
    var cookie = new Cookie(COOKIE, value);
    cookie.setPath("/");
    cookie.setHttpOnly(true);
    cookie.setSecure(secureCookie);
    cookie.setSameSite(SameSite.STRICT);
    cookie.setMaxAge((int) lives.toSeconds());
    return cookie;
  }

  /** Whether a text is the admin token. */
  public boolean isToken(String token) {
    return MessageDigest.isEqual(hash(token), tokenHash);
  }

  private String signed(Instant expiry) {
    String until = Long.toString(expiry.getEpochSecond());
    return until + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(mac(until));
  }

  private boolean isCookie(String cookie) {
    int dot = cookie.indexOf('.');
    if (dot < 0) {
      return false;
    }
    String until = cookie.substring(0, dot);
    try {
      byte[] signature = Base64.getUrlDecoder().decode(cookie.substring(dot + 1));
      return MessageDigest.isEqual(signature, mac(until))
          && Instant.now().getEpochSecond() < Long.parseLong(until);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The admin token is part of the key: changing it signs everybody out. */
  private byte[] mac(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(cookieSecret, "HmacSHA256"));
      mac.update(tokenHash);
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Installation installation(Database database) {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    return database.write(handle -> {
      handle.execute(
          "insert into instance (cookie_secret) values (?) on conflict do nothing", secret);
      return handle
          .createQuery("select admin_token_hash, cookie_secret from instance")
          .map((row, _) -> new Installation(row.getBytes(1), row.getBytes(2)))
          .one();
    });
  }

  /** Keeps the first token of an installation: of nodes that start together, one wins. */
  private static byte[] keepToken(Database database, byte[] hash) {
    return database.write(handle -> {
      handle.execute(
          "update instance set admin_token_hash = ? where admin_token_hash is null", hash);
      return handle.createQuery("select admin_token_hash from instance").mapTo(byte[].class).one();
    });
  }
}
