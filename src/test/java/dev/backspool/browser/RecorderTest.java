package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The recorder on a real page of another origin, and its session watched afterwards. */
final class RecorderTest {
  private static TestServer server;
  private static HttpServer shop;
  private static Chromium chromium;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    shop =
        SimpleFileServer.createFileServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Path.of("web", "recorder", "test-page").toAbsolutePath(),
            SimpleFileServer.OutputLevel.NONE);
    shop.start();
    chromium = Chromium.start();
  }

  @AfterAll
  static void stop() {
    chromium.close();
    shop.stop(0);
    server.close();
  }

  private static void until(BooleanSupplier condition) {
    Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
    while (!condition.getAsBoolean()) {
      assertThat(Instant.now()).as("gave up waiting").isBefore(deadline);
      Thread.onSpinWait();
    }
  }

  private static JsonNode get(String path) {
    return server.get(path).admin().send().json();
  }

  @Test
  void a_visit_of_two_pages_is_recorded_masked_and_can_be_watched() {
    Project project = server.project();
    String sessions = "/api/projects/" + project.id() + "/sessions";
    try (BrowserContext visitor = chromium.window(1280, 720)) {
      Page page = visitor.newPage();
      page.navigate(
          "http://localhost:%d/index.html?backspool=%s&key=%s"
              .formatted(shop.getAddress().getPort(), server.url(), project.sdkKey()));
      page.locator("#search").fill("a secret wish");
      page.locator("#more").click();
      page.evaluate(
          "backspool.identify(7, {name: 'Ada', plan: 'pro'});"
              + "backspool.track('more_wanted', {shelf: 2})");
      page.locator("#to-checkout").click();
      page.locator("#email").fill("grace@example.com");
      page.locator("#password").fill("correct horse");
      page.close(new Page.CloseOptions().setRunBeforeUnload(true));
      until(() -> server.count("select count(*) from page where href like '%checkout%'") > 0);
      until(() -> server.count("select coalesce(sum(input_count), 0) from session") >= 2);
      until(() -> server.count("select count(*) from event where path like '%checkout%'") > 0);
    }

    JsonNode session = get(sessions).at("/sessions/0");
    String recording = sessions + "/" + session.get("id").asString() + "/recording";
    JsonNode index = get(recording);
    assertThat(index.at("/verdict/state").asString()).as(index.toString()).isEqualTo("playable");
    assertThat(index.get("tabs").size()).isOne();
    assertThat(index.get("pages").size()).isGreaterThanOrEqualTo(2);
    assertThat(session.get("source").asString()).isEqualTo("backspool");
    assertThat(session.get("click_count").asInt()).isPositive();
    assertThat(
            server.column(
                "select concat_ws(' ', name, path, properties::jsonb->>'shelf') from event where"
                    + " name <> 'session_start' and session_id = '"
                    + session.get("id").asString()
                    + "' order by at"))
        .containsExactly(
            "screen_view /index.html", "more_wanted /index.html 2", "screen_view /checkout.html");
    assertThat(server.column("select profile_id from event where name = 'more_wanted'"))
        .containsExactly("7");
    assertThat(
            server.column("select first_name || (properties->>'plan') from profile where id = '7'"))
        .containsExactly("Adapro");

    String events = server.get(recording + "/events").admin().send().body();
    assertThat(events).contains("Lamps for long evenings");
    assertThat(events)
        .doesNotContain("a secret wish")
        .doesNotContain("grace@example.com")
        .doesNotContain("correct horse")
        .doesNotContain("Ada Lovelace")
        .doesNotContain("Internal margin")
        .doesNotContain("secret-token-4711");

    try (BrowserContext member = chromium.window(1440, 900)) {
      Page page = member.newPage();
      Member.signIn(page, server);
      page.navigate(
          server.url() + "/p/" + project.id() + "/replays/" + session.get("id").asString());
      // The visit was quick: by now the player shows its first page or its second.
      assertThat(page.frameLocator(".scene.shown iframe").locator("h1"))
          .hasText(Pattern.compile("Lamps for long evenings|Checkout"));
      Chromium.picture(page, "recorded-visit");
    }
  }
}
