package dev.backspool.protocol.stackauth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.backspool.Project;
import dev.backspool.Reason;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies access tokens (JWT, RFC 7519) against the keys that a project's {@code jwks_url}
 * publishes: RSA, elliptic curves and Ed25519. Keys are kept for minutes; a token with an unknown
 * key id asks the URL again, but at most twice in half a minute for each URL, whatever is sent. A
 * URL that stops answering does no harm while its keys are known.
 */
final class AccessTokens {
  private static final Logger LOG = LoggerFactory.getLogger(AccessTokens.class);

  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(3);
  private static final int LARGEST_KEY_SET = 256 * 1024;
  private static final Duration KEEP_KEYS = Duration.ofMinutes(5);
  private static final Duration WAIT_FOR_OTHERS = Duration.ofSeconds(10);
  private static final Duration BETWEEN_REFRESHES = Duration.ofSeconds(30);
  private static final Duration OUTAGE = Duration.ofHours(4);
  private static final Duration CLOCK_SKEW = Duration.ofSeconds(60);

  /** What opens a session is part of a key, which has its limits. */
  private static final int LONGEST_ID = 300;

  private static final Pattern PROJECT_IN_URL = Pattern.compile("/projects/([^/]+)/");

  private final Cache<String, JWKSource<SecurityContext>> sources =
      Caffeine.newBuilder().maximumSize(1_000).expireAfterAccess(Duration.ofHours(6)).build();

  /**
   * The person an access token speaks of.
   *
   * @param id the claim {@code sub}; null when the token names nobody
   * @param refreshTokenId the sign-in the token was made from; null when the token does not tell
   */
  record User(
      @Nullable String id,
      @Nullable String refreshTokenId,
      @Nullable String name,
      @Nullable String email) {}

  /**
   * Whom the token speaks of.
   *
   * @param jwksUrl where the project's keys are
   * @throws StackFailure when the token is not one of this project, or expired, or cannot be
   *     verified now
   */
  User verify(Project project, String jwksUrl, String token) {
    SignedJWT jwt;
    JWTClaimsSet claims;
    try {
      jwt = SignedJWT.parse(token);
      claims = jwt.getJWTClaimsSet();
    } catch (ParseException e) {
      throw StackFailure.unparsableToken("is not a signed JWT");
    }
    if (claims == null || !isSigned(jwt, jwksUrl)) {
      throw StackFailure.unparsableToken("is not signed by a key of this project");
    }
    checkTimes(project, claims);
    checkProject(project, jwksUrl, claims);
    String refreshToken = text(claims, "refresh_token_id");
    if (refreshToken == null) {
      refreshToken = text(claims, "refreshTokenId");
    }
    if (refreshToken != null && refreshToken.length() > LONGEST_ID) {
      throw StackFailure.unparsableToken("has a refresh token id that is too long");
    }
    return new User(text(claims, "sub"), refreshToken, text(claims, "name"), text(claims, "email"));
  }

  private boolean isSigned(SignedJWT jwt, String jwksUrl) {
    JWSHeader header = jwt.getHeader();
    // Only public keys verify: a secret-key algorithm would make the published key the secret.
    if (!JWSAlgorithm.Family.SIGNATURE.contains(header.getAlgorithm())
        || header.getCriticalParams() != null) {
      return false;
    }
    try {
      for (JWK key : keys(jwksUrl, header)) {
        if (isSigned(jwt, key)) {
          return true;
        }
      }
      return false;
    } catch (KeySourceException | MalformedURLException e) {
      if (!(e instanceof RateLimitReachedException)) {
        LOG.warn("The keys at {} cannot be read: {}", jwksUrl, e.getMessage());
      }
      throw StackFailure.later(
          Reason.UNAVAILABLE, "The access token cannot be verified now", BETWEEN_REFRESHES);
    }
  }

  private List<JWK> keys(String jwksUrl, JWSHeader header)
      throws KeySourceException, MalformedURLException {
    JWKSource<SecurityContext> source = sources.getIfPresent(jwksUrl);
    if (source == null) {
      JWKSource<SecurityContext> made = source(url(jwksUrl));
      source = sources.get(jwksUrl, _ -> made);
    }
    return source.get(new JWKSelector(JWKMatcher.forJWSHeader(header)), null);
  }

  private static URL url(String jwksUrl) throws MalformedURLException {
    try {
      URI uri = URI.create(jwksUrl);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      if (scheme.equals("http") || scheme.equals("https")) {
        return uri.toURL();
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the one message for everything that is no such address.
    }
    throw new MalformedURLException("not an http or https address");
  }

  private static JWKSource<SecurityContext> source(URL url) {
    int timeout = Math.toIntExact(ANSWER_WITHIN.toMillis());
    return JWKSourceBuilder.<SecurityContext>create(
            url, new DefaultResourceRetriever(timeout, timeout, LARGEST_KEY_SET))
        .cache(KEEP_KEYS.toMillis(), WAIT_FOR_OTHERS.toMillis())
        .refreshAheadCache(false) // it would keep a thread for each URL
        .rateLimited(BETWEEN_REFRESHES.toMillis())
        .outageTolerant(OUTAGE.toMillis())
        .build();
  }

  private static boolean isSigned(SignedJWT jwt, JWK key) {
    try {
      return switch (key) {
        case RSAKey rsa -> jwt.verify(new RSASSAVerifier(rsa));
        case ECKey ec -> jwt.verify(new ECDSAVerifier(ec));
        case OctetKeyPair edwards -> Ed25519.isSigned(jwt, edwards);
        default -> false;
      };
    } catch (JOSEException e) {
      return false; // a key of another kind or size than the algorithm
    }
  }

  private static void checkTimes(Project project, JWTClaimsSet claims) {
    Instant now = Instant.now();
    Instant expires = instant(claims.getExpirationTime());
    if (expires == null) {
      throw StackFailure.unparsableToken("has no expiry");
    }
    if (expires.isBefore(now.minus(CLOCK_SKEW))) {
      throw StackFailure.expiredToken(project.id(), expires.toEpochMilli());
    }
    Instant notBefore = instant(claims.getNotBeforeTime());
    if (notBefore != null && notBefore.isAfter(now.plus(CLOCK_SKEW))) {
      throw StackFailure.unparsableToken("is not valid yet");
    }
  }

  private static @Nullable Instant instant(@Nullable Date date) {
    return date == null ? null : date.toInstant();
  }

  /**
   * The token must say by its audience or its {@code project_id} that it is for this project: by
   * our id, or by the id that the project has where its keys are published. An audience such as
   * {@code id:anon} marks a kind of user, not another project.
   */
  private static void checkProject(Project project, String jwksUrl, JWTClaimsSet claims) {
    var expected = new HashSet<String>();
    expected.add(project.id().toString());
    Matcher published = PROJECT_IN_URL.matcher(jwksUrl);
    if (published.find()) {
      expected.add(published.group(1).toLowerCase(Locale.ROOT));
    }
    List<String> audience = claims.getAudience();
    String claimed = text(claims, "project_id");
    boolean byAudience = audience.stream().anyMatch(each -> isFor(each, expected));
    boolean byClaim = claimed != null && isFor(claimed, expected);
    boolean contradicted = (!audience.isEmpty() && !byAudience) || (claimed != null && !byClaim);
    if (contradicted || !(byAudience || byClaim)) {
      throw StackFailure.foreignToken(
          project.id(),
          claimed != null ? claimed : audience.isEmpty() ? null : audience.getFirst());
    }
  }

  private static boolean isFor(String audience, Set<String> expected) {
    int kind = audience.indexOf(':');
    String id = kind < 0 ? audience : audience.substring(0, kind);
    return expected.contains(id.toLowerCase(Locale.ROOT));
  }

  private static @Nullable String text(JWTClaimsSet claims, String name) {
    if (!(claims.getClaim(name) instanceof String text)) {
      return null;
    }
    String clean = text.replace("\0", ""); // PostgreSQL has no such character
    return clean.isBlank() ? null : clean;
  }
}
