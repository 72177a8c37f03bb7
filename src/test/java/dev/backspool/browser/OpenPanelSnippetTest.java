package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.options.AriaRole;
import com.sun.net.httpserver.HttpServer;
import dev.backspool.Project;
import dev.backspool.event.SessionIds;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The published web build of OpenPanel's SDK, given out by the server, on a page of another origin:
 * acceptance case 37 of its contract, and case 34 as a browser sends it.
 */
final class OpenPanelSnippetTest {
  private static final int META = 4;
  private static final int FULL_SNAPSHOT = 2;

  /** The headless one names itself so, and is taken for the crawler that it often is. */
  private static final String CHROME =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
          + " Safari/537.36";

  /** The snippet's queue and {@code init}, and a page that says how often it was loaded. */
  private static final String PAGE =
      """
      <!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8">
          <title>Lantern &amp; Leaf</title>
          <style>
            body { font: 18px sans-serif; margin: 60px; background: #f7f3ea; }
            h1 { color: #2f5d50; }
            li { padding: 6px; }
          </style>
          <script>
            window.op = window.op || (() => {
              const calls = [];
              return new Proxy((...call) => calls.push(call), {
                get: (_, name) => name === 'q' ? calls : (...rest) => calls.push([name, ...rest]),
              });
            })();
            window.op('init', {
              apiUrl: '{server}',
              clientId: '{client}',
              trackScreenViews: true,
              sessionReplay: { enabled: true, maskAllText: false, flushIntervalMs: 1000 },
            });
          </script>
          <script src="{server}/op1.js?v=1.5.1" defer async></script>
        </head>
        <body>
          <h1></h1>
          <input placeholder="Find a lamp">
          <button>More</button>
          <ul></ul>
          <script>
            const load = Number(sessionStorage.getItem('load') ?? 0) + 1;
            sessionStorage.setItem('load', load);
            document.querySelector('h1').textContent = `Load ${load} of the shop`;
            document.querySelector('button').onclick = () => {
              const lamp = document.createElement('li');
              const list = document.querySelector('ul');
              lamp.textContent = `Lamp ${list.children.length + 1} of load ${load}`;
              list.append(lamp);
            };
          </script>
        </body>
      </html>
      """;

  private static TestServer server;
  private static Chromium chromium;
  private static Project project;
  private static HttpServer shop;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.start();
    chromium = Chromium.start();
    project = server.project();
    byte[] page =
        PAGE.replace("{server}", server.url().toString())
            .replace("{client}", project.clientId().toString())
            .getBytes(StandardCharsets.UTF_8);
    shop = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    shop.createContext(
        "/",
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    shop.start();
  }

  @AfterAll
  static void stop() {
    shop.stop(0);
    chromium.close();
    server.close();
  }

  private static BrowserContext visitor(Browser.NewContextOptions options) {
    return chromium.window(options.setUserAgent(CHROME).setViewportSize(1000, 700));
  }

  private static String shopPage() {
    return "http://localhost:" + shop.getAddress().getPort() + "/lamps";
  }

  /** The row that the page sent; missing where the request is another one. */
  private static JsonNode row(Request request) {
    return request.method().equals("POST") && request.url().equals(server.url() + "/track")
        ? TestServer.JSON.readTree(request.postData())
        : TestServer.JSON.missingNode();
  }

  private static boolean answersTrack(Response response) {
    return row(response.request()).path("type").asString("").equals("track");
  }

  /** How many stored chunks of the session hold what the visitor did by hand. */
  private static long touched(UUID session) {
    return server.count(
        "select count(*) from chunk where user_events > 0 and session_id = '" + session + "'");
  }

  private static List<JsonNode> events(String recording) {
    return server
        .get(recording + "/events")
        .admin()
        .send()
        .body()
        .lines()
        .map(TestServer.JSON::readTree)
        .toList();
  }

  @Test
  void a_visit_is_stored_and_its_recording_plays_in_order_after_the_page_was_reloaded() {
    var scripts = new ArrayList<String>();
    var chunkIndexes = new ArrayList<Integer>();
    UUID session;
    try (BrowserContext visitor = visitor(new Browser.NewContextOptions())) {
      Page page = visitor.newPage();
      page.onResponse(response -> {
        if (response.url().contains("op1")) {
          scripts.add(response.status() + " " + response.url());
        }
      });
      page.onRequest(request -> {
        if (row(request).path("type").asString("").equals("replay")) {
          chunkIndexes.add(row(request).at("/payload/chunk_index").asInt());
        }
      });
      Response first =
          page.waitForResponse(OpenPanelSnippetTest::answersTrack, () -> page.navigate(shopPage()));
      session =
          Objects.requireNonNull(
              SessionIds.parse(TestServer.JSON.readTree(first.text()).get("sessionId").asString()));
      page.getByRole(AriaRole.BUTTON).click();
      page.locator("input").fill("a secret wish");
      // Waits inside the browser, so that what it sends is seen here.
      page.waitForCondition(() -> touched(session) > 0);

      page.waitForResponse(OpenPanelSnippetTest::answersTrack, page::reload);
      long before = touched(session);
      page.getByRole(AriaRole.BUTTON).click();
      page.waitForCondition(() -> touched(session) > before);
    }

    assertThat(scripts)
        .startsWith(
            "200 " + server.url() + "/op1.js?v=1.5.1",
            "200 " + server.url() + "/op1-replay.js?v=1.5.1");
    assertThat(chunkIndexes.stream().filter(index -> index == 0)).as("one a load").hasSize(2);
    assertThat(
            server.column(
                "select concat_ws(' ', name, session_id, path, properties::json ->> '__title')"
                    + " from event where name = 'screen_view'"))
        .hasSize(2)
        .containsOnly("screen_view " + session + " /lamps Lantern & Leaf");

    String sessions = "/api/projects/" + project.id() + "/sessions";
    assertThat(server.get(sessions).admin().send().json().get("sessions").size()).isOne();
    String recording = sessions + "/" + session + "/recording";
    JsonNode index = server.get(recording).admin().send().json();
    assertThat(index.at("/verdict/state").asString()).as(index.toString()).isEqualTo("playable");
    List<JsonNode> events = events(recording);
    assertThat(events)
        .isSortedAccordingTo((one, other) ->
            Long.compare(one.get("timestamp").asLong(), other.get("timestamp").asLong()));
    List<Integer> types = events.stream().map(event -> event.get("type").asInt()).toList();
    assertThat(types).startsWith(META, FULL_SNAPSHOT);
    int lastOfFirst = -1;
    int firstOfSecond = events.size();
    for (int i = 0; i < events.size(); i++) {
      if (types.get(i) == FULL_SNAPSHOT) {
        assertThat(types.get(i - 1)).as("before the snapshot").isEqualTo(META);
        if (events.get(i).toString().contains("Load 1 of the shop")) {
          lastOfFirst = i;
        } else {
          firstOfSecond = Math.min(firstOfSecond, i);
        }
      }
    }
    assertThat(lastOfFirst).isBetween(1, firstOfSecond);
    assertThat(firstOfSecond).isLessThan(events.size());
    assertThat(events.toString()).contains("Lamp 1 of load 1").doesNotContain("a secret wish");

    watch(session, index);
  }

  private static void watch(UUID session, JsonNode index) {
    try (BrowserContext member = chromium.window(1440, 900)) {
      Page page = member.newPage();
      Member.signIn(page, server);
      double seconds = index.get("duration_ms").asLong() / 1e3;
      var player = new Player(page);
      page.navigate(server.url() + Dashboard.replays(project) + "/" + session + "?t=1");
      player.shows("Load 1 of the shop");
      Chromium.picture(page, "openpanel-visit-begins");
      page.navigate(server.url() + Dashboard.replays(project) + "/" + session + "?t=" + seconds);
      player.shows("Load 2 of the shop");
      Chromium.picture(page, "openpanel-visit-ends");
      player.shows("Lamp 1 of load 2");
    }
  }
}
