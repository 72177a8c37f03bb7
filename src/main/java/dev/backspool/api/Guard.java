package dev.backspool.api;

import dev.backspool.http.Problem;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stands before everything that only people who are signed in may use.
 *
 * <p>A browser sends the cookie by itself, also when another site makes it ask. The cookie is
 * SameSite=Strict, and on top of it a request that changes something and shows the cookie alone
 * must come from our own pages: its {@code Origin} names the host that it asks, or the public
 * address, or there is none because no page made the request. A token in the header needs no such
 * proof: no browser adds it by itself.
 */
public final class Guard {
  private static final Set<HandlerType> SAFE =
      Set.of(HandlerType.GET, HandlerType.HEAD, HandlerType.OPTIONS);

  private final SignIn signIn;
  private final String publicAuthority;

  /**
   * Makes a guard.
   *
   * @param publicUrl where browsers reach the server, past any proxy
   */
  public Guard(SignIn signIn, URI publicUrl) {
    this.signIn = signIn;
    this.publicAuthority = authority(publicUrl);
  }

  /** Lets the request pass, or answers it: 401 {@code sign_in_required}, 403 {@code cross_site}. */
  public void check(Context ctx) {
    ctx.header("Cache-Control", "no-store");
    if (!signIn.isSignedIn(ctx)) {
      refuse(ctx, 401, "sign_in_required", "Not signed in", "Sign in first");
    } else if (!SAFE.contains(ctx.method())
        && ctx.header("Authorization") == null
        && !isOurs(ctx, ctx.header("Origin"))) {
      refuse(ctx, 403, "cross_site", "Not allowed", "Another site's page made this request");
    }
  }

  private static void refuse(Context ctx, int status, String code, String title, String detail) {
    Problem.send(ctx, Problem.of(status, code, title, detail));
    ctx.skipRemainingHandlers();
  }

  private boolean isOurs(Context ctx, @Nullable String origin) {
    if (origin == null) {
      return true;
    }
    try {
      String page = authority(URI.create(origin));
      return page.equals(publicAuthority) || page.equalsIgnoreCase(ctx.host());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String authority(URI url) {
    return String.valueOf(url.getRawAuthority()).toLowerCase(Locale.ROOT);
  }
}
