package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.javalin.Javalin;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A small site's files, over HTTP. */
final class SiteTest {
  private static Javalin javalin;
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @BeforeAll
  static void start() {
    var site = new Site("/site");
    javalin =
        Javalin.create(
                config -> {
                  config.startup.showJavalinBanner = false;
                  config.jetty.host = "127.0.0.1";
                  config.routes.get("/backspool.js", site::recorder);
                  config.routes.get("/op1.js", site::openPanelTracker);
                  config.routes.get("/op1-replay.js", site::openPanelReplay);
                  config.routes.get("/openapi.json", site::openApi);
                  config.routes.get("/api-reference", site::reference);
                  config.routes.get("/api-reference/{file}", site::referenceFile);
                  config.routes.get("/*", site::dashboard);
                  config.routes.exception(NotThere.class, NotThere::send);
                })
            .start(0);
  }

  @AfterAll
  static void stop() {
    javalin.stop();
  }

  private static HttpResponse<byte[]> get(String path, String... headers)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + javalin.port() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private static String header(HttpResponse<byte[]> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/index.html", "/p/018f/replays?session=7", "/setup", "/sign-in"})
  void every_place_inside_the_dashboard_is_its_page(String path) throws Exception {
    var answer = get(path);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(text(answer)).contains("A page");
    assertThat(header(answer, "Content-Type")).startsWith("text/html");
    assertThat(header(answer, "Cache-Control")).isEqualTo("no-cache");
    assertThat(header(answer, "X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(header(answer, "Referrer-Policy")).isEqualTo("no-referrer");
    assertThat(header(answer, "Content-Security-Policy"))
        .isEqualTo(
            "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src *"
                + " 'unsafe-inline'; img-src * data: blob:; font-src * data:; media-src * data:"
                + " blob:; connect-src 'self'; frame-src 'self' about: blob: data:; object-src"
                + " 'none'; base-uri 'self'; frame-ancestors 'self'");
  }

  @Test
  void assets_are_kept_for_good_and_other_files_asked_for_again() throws Exception {
    var asset = get("/assets/app-1a2b3c.js");
    assertThat(header(asset, "Cache-Control")).isEqualTo("public, max-age=31536000, immutable");
    assertThat(header(asset, "Content-Type")).isEqualTo("text/javascript; charset=utf-8");

    var icon = get("/favicon.svg");
    assertThat(header(icon, "Cache-Control")).isEqualTo("no-cache");
    assertThat(header(icon, "Content-Type")).isEqualTo("image/svg+xml");
    assertThat(get("/favicon.svg", "If-None-Match", header(icon, "ETag")).statusCode())
        .isEqualTo(304);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/assets/gone-1a2b3c.js",
        "/assets/",
        "/assets/../hidden.properties",
        "/assets/%2e%2e/hidden.properties",
        "/assets/..%2fhidden.properties",
        "/api/nothing",
        "/v1/nothing",
        "/api-reference/index.properties"
      })
  void what_is_no_file_is_not_found(String path) throws Exception {
    var answer = get(path);

    assertThat(answer.statusCode()).isBetween(400, 404);
    assertThat(text(answer)).doesNotContain("secret", "A page");
  }

  @Test
  void a_file_of_no_known_type_is_not_given_away() throws Exception {
    assertThat(text(get("/hidden.properties"))).doesNotContain("secret");
  }

  @Test
  void any_page_of_any_site_may_load_the_recorder() throws Exception {
    var answer = get("/backspool.js", "Origin", "https://shop.example.com");

    assertThat(text(answer)).contains("the recorder");
    assertThat(header(answer, "Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(header(answer, "Cross-Origin-Resource-Policy")).isEqualTo("cross-origin");
    assertThat(header(answer, "Cache-Control")).contains("max-age=3600");
    assertThat(get("/backspool.js", "If-None-Match", header(answer, "ETag")).statusCode())
        .isEqualTo(304);
  }

  @ParameterizedTest
  @ValueSource(strings = {"op1.js", "op1-replay.js"})
  void the_scripts_of_openpanels_sdk_are_for_any_page_whatever_follows_their_name(String file)
      throws Exception {
    var answer = get("/" + file + "?v=1.5.1", "Origin", "https://shop.example.com");

    assertThat(text(answer)).contains("scripts named " + file);
    assertThat(header(answer, "Content-Type")).isEqualTo("text/javascript; charset=utf-8");
    assertThat(header(answer, "Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(header(answer, "Cache-Control")).contains("max-age=604800");
    assertThat(get("/" + file, "If-None-Match", header(answer, "ETag")).statusCode())
        .isEqualTo(304);
  }

  @Test
  void files_go_out_compressed_to_those_who_take_it() throws Exception {
    var answer = get("/backspool.js", "Accept-Encoding", "gzip, deflate, br, zstd");

    assertThat(header(answer, "Content-Encoding")).isEqualTo("gzip");
    assertThat(header(answer, "Vary")).isEqualTo("Accept-Encoding");
    byte[] plain = new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes();
    assertThat(new String(plain, StandardCharsets.UTF_8)).contains("the recorder");
    assertThat(header(answer, "ETag")).isNotEqualTo(header(get("/backspool.js"), "ETag"));
  }

  @Test
  void the_api_reference_has_all_its_parts_here() throws Exception {
    String page = text(get("/api-reference"));

    var parts =
        java.util.regex.Pattern.compile("(?:src|href)=\"(/[^\"]+)\"")
            .matcher(page)
            .results()
            .map(part -> part.group(1))
            .toList();
    assertThat(parts).hasSizeGreaterThan(5).allMatch(part -> part.startsWith("/"));
    for (String part : parts) {
      assertThat(get(part).statusCode()).as(part).isEqualTo(200);
    }
    assertThat(page).doesNotContain("<script>", "http://", "https://");
  }
}
