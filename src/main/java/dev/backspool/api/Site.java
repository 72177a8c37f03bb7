package dev.backspool.api;

import dev.backspool.http.Coding;
import dev.backspool.http.Problem;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Serves the files in the jar: the dashboard, the recorder, the API's description. Each is read
 * once and kept, compressed too; only files that exist are kept.
 */
public final class Site {
  /** No link out of the folder, no hidden file, and a type by its ending. */
  private static final Pattern FILE =
      Pattern.compile("[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*(\\.[A-Za-z0-9_-]+)*\\.([a-z0-9]{2,11})");

  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("html", "text/html; charset=utf-8"),
          Map.entry("js", "text/javascript; charset=utf-8"),
          Map.entry("css", "text/css; charset=utf-8"),
          Map.entry("json", "application/json; charset=utf-8"),
          Map.entry("map", "application/json; charset=utf-8"),
          Map.entry("webmanifest", "application/manifest+json; charset=utf-8"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("woff2", "font/woff2"),
          Map.entry("wasm", "application/wasm"),
          Map.entry("txt", "text/plain; charset=utf-8"));

  /** Recorded pages show pictures, fonts and films of their own sites; scripts are ours alone. */
  private static final String POLICY =
      String.join(
          "; ",
          "default-src 'self'",
          "script-src 'self'",
          "worker-src 'self' blob:",
          "style-src * 'unsafe-inline'",
          "img-src * data: blob:",
          "font-src * data:",
          "media-src * data: blob:",
          "connect-src 'self'",
          "frame-src 'self' about: blob: data:",
          "object-src 'none'",
          "base-uri 'self'",
          "frame-ancestors 'self'");

  /** The recorder is part of customers' pages: a change must reach them within the hour. */
  private static final String AN_HOUR = "public, max-age=3600, stale-while-revalidate=86400";

  /** Another project's script: it changes with our releases, and an older one does as well. */
  private static final String A_WEEK = "public, max-age=604800, stale-while-revalidate=604800";

  private static final String FOREVER = "public, max-age=31536000, immutable";
  private static final String ASK = "no-cache";

  private final String folder;
  private final Map<String, Served> kept = new ConcurrentHashMap<>();

  /**
   * A site.
   *
   * @param folder where the dashboard lies on the class path, for example {@code /web}
   */
  public Site(String folder) {
    this.folder = folder;
  }

  @SuppressWarnings("ArrayRecordComponent") // Bytes on their way out; never compared.
  private record Served(byte[] plain, byte @Nullable [] gzip, String type, String hash) {}

  /** {@code GET /backspool.js}: for any page of any site. */
  public void recorder(Context ctx) {
    script(ctx, "/backspool.js", AN_HOUR);
  }

  private void script(Context ctx, String file, String caching) {
    ctx.header("Access-Control-Allow-Origin", "*");
    ctx.header("Cross-Origin-Resource-Policy", "cross-origin");
    ctx.header("X-Content-Type-Options", "nosniff");
    send(ctx, folder + file, caching);
  }

  /** {@code GET /op1.js}: the tracker of OpenPanel's web SDK, as its package has it. */
  public void openPanelTracker(Context ctx) {
    script(ctx, "/op1.js", A_WEEK);
  }

  /** {@code GET /op1-replay.js}: its recorder, which the tracker asks for beside itself. */
  public void openPanelReplay(Context ctx) {
    script(ctx, "/op1-replay.js", A_WEEK);
  }

  /** {@code GET /openapi.json}: the description of every path. */
  public void openApi(Context ctx) {
    protect(ctx);
    send(ctx, "/openapi.json", ASK);
  }

  /** {@code GET /api-reference}: the page that shows the description. */
  public void reference(Context ctx) {
    protect(ctx);
    send(ctx, "/api-reference/index.html", ASK);
  }

  /** {@code GET /api-reference/{file}}: what that page is made of. */
  public void referenceFile(Context ctx) {
    protect(ctx);
    String file = ctx.pathParam("file");
    send(ctx, REFERENCE.contains(file) ? SWAGGER_UI + file : "/api-reference/" + file, ASK);
  }

  /** Where the kept library lies on the class path; its version is part of the path. */
  private static final String SWAGGER_UI = "/META-INF/resources/webjars/swagger-ui/5.34.1/";

  private static final Set<String> REFERENCE =
      Set.of("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png");

  /**
   * {@code GET /*}: the dashboard's files; every other address that is none of the API's is a place
   * inside the dashboard, which finds its way by itself.
   */
  public void dashboard(Context ctx) {
    protect(ctx);
    String path = ctx.path().substring(1);
    if (path.startsWith("api/") || path.startsWith("v1/")) {
      throw NotThere.path();
    }
    if (path.startsWith("assets/")) {
      // Their names hold a hash of what is in them.
      send(ctx, folder + "/" + path, FOREVER);
    } else if (!path.equals("index.html") && found(folder + "/" + path).isPresent()) {
      send(ctx, folder + "/" + path, ASK);
    } else if (found(folder + "/index.html").isPresent()) {
      send(ctx, folder + "/index.html", ASK);
    } else {
      Problem.send(
          ctx, Problem.of(404, "no_dashboard", "Not found", "This build has no dashboard"));
    }
  }

  private static void protect(Context ctx) {
    ctx.header("Content-Security-Policy", POLICY);
    ctx.header("X-Content-Type-Options", "nosniff");
    ctx.header("Referrer-Policy", "no-referrer");
  }

  private void send(Context ctx, String path, String caching) {
    Served file = found(path).orElseThrow(NotThere::path);
    byte[] gzip = file.gzip();
    Coding coding =
        gzip == null ? Coding.IDENTITY : Coding.of(ctx, Set.of(Coding.GZIP, Coding.IDENTITY));
    String tag = "\"" + file.hash() + "-" + coding.token() + "\"";
    ctx.header("ETag", tag);
    ctx.header("Cache-Control", caching);
    if (isKnown(ctx, tag)) {
      ctx.header("Vary", "Accept-Encoding");
      ctx.status(304);
      return;
    }
    coding.describe(ctx);
    ctx.contentType(file.type());
    ctx.result(coding == Coding.GZIP && gzip != null ? gzip : file.plain());
  }

  /** Whether the client has what the tag names: weak comparison, as for all of these requests. */
  static boolean isKnown(Context ctx, String tag) {
    String known = ctx.header("If-None-Match");
    if (known == null) {
      return false;
    }
    String opaque = opaque(tag);
    for (String each : known.split(",", -1)) {
      String one = each.strip();
      if (one.equals("*") || opaque(one).equals(opaque)) {
        return true;
      }
    }
    return false;
  }

  private static String opaque(String tag) {
    return tag.startsWith("W/") ? tag.substring(2) : tag;
  }

  private Optional<Served> found(String path) {
    Served known = kept.get(path);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Served> read = read(path);
    read.ifPresent(file -> kept.put(path, file));
    return read;
  }

  private static Optional<Served> read(String path) {
    int dot = path.lastIndexOf('.');
    String type = TYPES.get(path.substring(dot + 1));
    if (type == null || !isFile(path)) {
      return Optional.empty();
    }
    try (InputStream file = Site.class.getResourceAsStream(path)) {
      if (file == null) {
        return Optional.empty();
      }
      byte[] bytes = file.readAllBytes();
      boolean text = !type.startsWith("image/png") && !type.startsWith("font/");
      byte[] gzip = text ? Coding.gzip(bytes) : bytes;
      return Optional.of(
          new Served(bytes, gzip.length < bytes.length ? gzip : null, type, hash(bytes)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isFile(String path) {
    return path.startsWith(SWAGGER_UI) || FILE.matcher(path.substring(1)).matches();
  }

  private static String hash(byte[] bytes) {
    try {
      byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest(bytes);
      return java.util.HexFormat.of().formatHex(digest, 0, 8);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
