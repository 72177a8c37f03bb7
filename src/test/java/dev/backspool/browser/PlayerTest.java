package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The dashboard as a member uses it: signing in, the list, the player. */
final class PlayerTest {
  private static TestServer server;
  private static Chromium chromium;
  private static Project demo;

  private BrowserContext window;
  private Page page;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    chromium = Chromium.start();
    demo = server.project();
    server.post(api(demo) + "/sample-recordings").admin().send();
    while (server.count("select count(*) from session where event_count = 4055") == 0) {
      Thread.onSpinWait();
    }
  }

  @AfterAll
  static void stop() {
    chromium.close();
    server.close();
  }

  @BeforeEach
  void open() {
    window = chromium.window(1440, 900);
    page = window.newPage();
  }

  @AfterEach
  void close() {
    window.close();
  }

  private static String api(Project project) {
    return "/api/projects/" + project.id();
  }

  private static String sample(String name) {
    return server.column("select id::text from session where name = 'sample-" + name + "'").get(0);
  }

  private void watch(Project project, String session, String query) {
    Member.signIn(page, server);
    page.navigate(server.url() + "/p/" + project.id() + "/replays/" + session + query);
  }

  private Locator time() {
    return page.getByTestId("player-time");
  }

  private Locator replayed(String text) {
    return page.frameLocator(".scene.shown iframe").getByText(text).first();
  }

  /** A page of one heading, as a recorder would upload it: Meta, FullSnapshot. */
  private static String snapshot(long at, String href, String heading) {
    return """
    [{"type":4,"timestamp":%1$d,"data":{"href":"%2$s","width":800,"height":600}},
     {"type":2,"timestamp":%1$d,"data":{"initialOffset":{"left":0,"top":0},"node":{"type":0,"id":1,
      "childNodes":[{"type":2,"id":2,"tagName":"html","attributes":{},"childNodes":[
        {"type":2,"id":3,"tagName":"head","attributes":{},"childNodes":[]},
        {"type":2,"id":4,"tagName":"body","attributes":{},"childNodes":[
          {"type":2,"id":5,"tagName":"h1","attributes":{},"childNodes":[
            {"type":3,"id":6,"textContent":"%3$s"}]}]}]}]}}}]
    """
        .formatted(at, href, heading);
  }

  /** The heading of {@link #snapshot} changes. */
  private static String text(long at, String heading) {
    return """
    [{"type":3,"timestamp":%d,"data":{"source":0,"texts":[{"id":6,"value":"%s"}],
      "attributes":[],"removes":[],"adds":[]}}]
    """
        .formatted(at, heading);
  }

  private static String mouse(long from, int seconds) {
    var events = new StringBuilder("[");
    for (int second = 0; second < seconds; second++) {
      events
          .append(second == 0 ? "" : ",")
          .append(
              """
              {"type":3,"timestamp":%d,"data":{"source":1,"positions":[{"x":%d,"y":50,"id":4,"timeOffset":0}]}}
              """
                  .formatted(from + second * 1000L, 10 + second * 10));
    }
    return events.append("]").toString();
  }

  private static JsonNode upload(Project project, String tab, int seq, String events) {
    var answer =
        server
            .post(
                "/v1/replay?session_id=visit&tab_id="
                    + tab
                    + "&seq="
                    + seq
                    + "&sent_at="
                    + System.currentTimeMillis()
                    + "&batch_id="
                    + tab
                    + seq)
            .bearer(project.sdkKey())
            .body(events)
            .send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  @Test
  void a_wrong_token_is_refused_and_the_right_one_lets_in() {
    page.navigate(server.url().toString());
    Member.tryToken(page, "not the token at all");
    assertThat(page.getByText("This is not the admin token")).isVisible();
    Chromium.picture(page, "sign-in-refused");

    Member.tryToken(page, TestServer.ADMIN_TOKEN);
    assertThat(page.getByTestId("sessions")).isVisible();
  }

  @Test
  void the_list_shows_the_sessions_and_new_ones_by_themselves() {
    Project project = server.project();
    Member.signIn(page, server);
    page.navigate(server.url() + "/p/" + demo.id());
    assertThat(page.getByText("Tomas Lund")).isVisible();
    Chromium.picture(page, "list");

    page.navigate(server.url() + "/p/" + demo.id() + "/replays?url=swagger");
    assertThat(page.getByTestId("sessions")).containsText("/swagger");
    assertThat(page.getByText("Tomas Lund")).isHidden();

    page.navigate(server.url() + "/p/" + project.id() + "/replays");
    assertThat(page.getByText("sample recordings")).isVisible();
    Chromium.picture(page, "empty-project");
    upload(project, "a", 0, snapshot(System.currentTimeMillis(), "https://a.example/x", "Hi"));
    assertThat(page.getByTestId("sessions")).containsText("/x");
  }

  @Test
  void a_recording_plays_in_a_frame_without_scripts() {
    watch(demo, sample("grid"), "");
    assertThat(page.locator(".scene.shown iframe")).isVisible();
    assertThat(page.locator(".scene.shown iframe").getAttribute("sandbox"))
        .doesNotContain("allow-scripts");
    assertThat(time()).containsText(Pattern.compile("0:0[2-9]"));
    Chromium.picture(page, "player");
  }

  @Test
  void a_click_in_the_list_soon_shows_a_picture() {
    Member.signIn(page, server);
    page.navigate(server.url() + "/p/" + demo.id() + "/replays");
    for (String name : List.of("grid", "admin-short", "grid", "admin-long")) {
      Locator row = page.locator("[data-testid=sessions] a[href*='" + sample(name) + "']");
      assertThat(row).isVisible();
      row.evaluate(
          """
          (row) => {
            document.querySelectorAll('.scene').forEach((scene) => (scene.dataset.before = ''));
            const clicked = performance.now();
            const look = () =>
              document.querySelector('.scene.shown:not([data-before])')
                ? (window.shownAfter = performance.now() - clicked)
                : requestAnimationFrame(look);
            window.shownAfter = null;
            row.click();
            look();
          }
          """);
      page.waitForFunction("() => window.shownAfter !== null");
      System.out.printf(
          "click to first frame of %s: %s ms%n",
          name, page.evaluate("() => Math.round(window.shownAfter)"));
      assertThat(page.locator(".scene.shown iframe")).isVisible();
    }
  }

  @Test
  void a_live_recording_shows_what_came_last() {
    Project project = server.project();
    long from = System.currentTimeMillis() - 10_000;
    upload(project, "a", 0, snapshot(from, "https://a.example/x", "First words"));
    String session = upload(project, "a", 1, mouse(from + 1_000, 9)).get("session_id").asString();
    upload(project, "a", 2, text(from + 10_000, "Last words"));

    watch(project, session, "");

    assertThat(replayed("First words")).isVisible();
    assertThat(replayed("Last words")).isVisible();
  }

  @Test
  void a_long_recording_jumps_to_ten_minutes_with_few_of_its_frames() {
    List<String> frames = new ArrayList<>();
    page.onRequest(request -> {
      if (request.url().contains("/recording/frames/")) {
        frames.add(request.url());
      }
    });
    watch(demo, sample("admin-long"), "");
    assertThat(page.locator(".scene.shown iframe")).isVisible();
    page.evaluate(
        """
        () => {
          window.longest = 0;
          new PerformanceObserver((list) => {
            for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
          }).observe({ type: 'longtask' });
        }
        """);
    Locator timeline = page.getByLabel("Moment in the recording");
    double at = timeline.boundingBox().width * 600 / 719.0;
    timeline.click(new Locator.ClickOptions().setPosition(at, 10));
    assertThat(time()).containsText(Pattern.compile("(9:5|10:0)\\d /"));
    assertThat(page.getByTestId("player-address")).containsText("/admin-lte/");
    assertThat(page.locator(".scene.shown iframe")).isVisible();
    Chromium.picture(page, "ten-minutes");

    System.out.printf(
        "longest task of the jump: %s ms; %d of 238 frames asked%n",
        page.evaluate("() => Math.round(window.longest)"), frames.size());
    assertThat(frames.size()).isLessThan(119);
  }

  @Test
  void a_link_opens_at_its_moment() {
    watch(demo, sample("admin-long"), "?t=600");
    assertThat(time()).containsText("10:00");
    assertThat(page.getByTestId("player-address")).containsText("iframe.html");
  }

  @Test
  void keys_pause_seek_and_explain_themselves() {
    watch(demo, sample("grid"), "?t=20");
    assertThat(time()).containsText("0:20");
    page.keyboard().press("ArrowRight");
    assertThat(time()).containsText("0:25");
    page.keyboard().press("?");
    assertThat(page.getByRole(AriaRole.DIALOG)).isVisible();
  }

  @Test
  void tabs_share_a_timeline_and_the_view_follows_the_active_one() {
    Project project = server.project();
    long start = System.currentTimeMillis() - 60_000;
    upload(project, "one", 0, snapshot(start, "https://a.example/one", "First tab"));
    upload(project, "one", 1, mouse(start + 1000, 5));
    upload(project, "two", 0, snapshot(start + 10_000, "https://a.example/two", "Second tab"));
    JsonNode answer = upload(project, "two", 1, mouse(start + 11_000, 10));

    watch(project, answer.get("session_id").asString(), "?t=3");
    assertThat(replayed("First tab")).isVisible();
    page.navigate(page.url().replaceFirst("t=3", "t=15"));
    assertThat(replayed("Second tab")).isVisible();
    Chromium.picture(page, "two-tabs");
    page.getByLabel("Tabs of this session").getByText("Tab 1").click();
    assertThat(replayed("First tab")).isVisible();
  }

  @Test
  void what_is_missing_is_marked_and_the_rest_plays() {
    Project project = server.project();
    long start = System.currentTimeMillis() - 60_000;
    upload(project, "one", 0, snapshot(start, "https://a.example/one", "Before the gap"));
    upload(project, "one", 1, mouse(start + 1000, 5));
    upload(project, "one", 3, snapshot(start + 20_000, "https://a.example/two", "After the gap"));
    JsonNode answer = upload(project, "one", 4, mouse(start + 21_000, 10));

    watch(project, answer.get("session_id").asString(), "?t=10");
    assertThat(page.locator(".stage-note.gap")).isVisible();
    Chromium.picture(page, "gap");
    page.navigate(page.url().replaceFirst("t=10", "t=25"));
    assertThat(replayed("After the gap")).isVisible();
  }

  @Test
  void a_recording_that_cannot_be_shown_says_why() {
    Project project = server.project();
    JsonNode answer = upload(project, "one", 0, mouse(System.currentTimeMillis() - 9000, 8));

    watch(project, answer.get("session_id").asString(), "");
    assertThat(page.getByText(Pattern.compile("snapshot", Pattern.CASE_INSENSITIVE)).first())
        .isVisible();
    Chromium.picture(page, "no-full-snapshot");
  }

  @Test
  void a_damaged_chunk_is_a_gap_and_no_more() {
    Project project = server.project();
    long start = System.currentTimeMillis() - 60_000;
    upload(project, "one", 0, snapshot(start, "https://a.example/one", "Still here"));
    upload(project, "one", 1, mouse(start + 1000, 10));
    JsonNode answer = upload(project, "one", 2, mouse(start + 12_000, 10));
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                "update chunk set payload = overlay(payload placing '\\x0000' from 12)"
                    + " where project_id = ? and seq = 1",
                project.id()));

    watch(project, answer.get("session_id").asString(), "?t=15");
    assertThat(replayed("Still here")).isVisible();
    assertThat(time()).containsText("0:15");
  }

  @Test
  void a_forged_recording_runs_no_script() {
    Project project = server.project();
    long start = System.currentTimeMillis() - 20_000;
    String forged =
        snapshot(start, "https://a.example/evil", "Evil")
            .replace(
                "{\"type\":3,\"id\":6,\"textContent\":\"Evil\"}",
                """
                {"type":3,"id":6,"textContent":"Evil"},
                {"type":2,"id":7,"tagName":"script","attributes":{},"childNodes":[
                  {"type":3,"id":8,"textContent":"window.top.hacked = 'script'"}]},
                {"type":2,"id":9,"tagName":"img","attributes":{"src":"data:,x",
                  "onerror":"window.top.hacked = 'handler'"},"childNodes":[]},
                {"type":2,"id":10,"tagName":"iframe","attributes":{
                  "srcdoc":"<script>window.top.hacked = 'srcdoc'</script>"},"childNodes":[]}
                """);
    upload(project, "one", 0, forged);
    JsonNode answer = upload(project, "one", 1, mouse(start + 1000, 10));

    watch(project, answer.get("session_id").asString(), "?t=5");
    assertThat(replayed("Evil")).isVisible();
    assertThat(page.evaluate("() => window.hacked ?? 'nothing'")).isEqualTo("nothing");
  }
}
