package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import dev.backspool.Project;
import dev.backspool.Visitor;
import dev.backspool.ingest.Importer;
import dev.backspool.recording.TestArchive;
import dev.backspool.rrweb.Recordings;
import dev.backspool.server.TestServer;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * From a click on the timeline of {@code admin-long} to the settled picture, in Chromium: out of
 * PostgreSQL and out of the archive. Not run with the tests: {@code mvn test -Dtest=JumpSpeed},
 * with {@code -Dmoments=200} for that many clicks.
 */
final class JumpSpeed {
  private static final int MOMENTS = Integer.getInteger("moments", 40);

  /** A new window has no frame at hand. */
  private static final int IN_A_WINDOW = 20;

  @Test
  void a_click_on_the_timeline_soon_shows_a_settled_picture() throws Exception {
    try (TestServer server = TestServer.start();
        Chromium chromium = Chromium.start();
        TestArchive archive = TestArchive.of(server)) {
      Project project = server.project();
      String session =
          new Importer(server.server().ingest())
              .importRecording(
                  project,
                  "admin-long",
                  new ByteArrayInputStream(Recordings.sample("admin-long")),
                  Visitor.UNKNOWN,
                  Importer.Progress.NONE)
              .session()
              .toString();
      String path = "/p/" + project.id() + "/replays/" + session + "?t=1";
      tell("warm-up", jumps(server, chromium, path));
      tell("PostgreSQL", jumps(server, chromium, path));
      archive.archive(project.id(), session);
      tell("directory, encrypted", jumps(server, chromium, path));
    }
  }

  private static double[] jumps(TestServer server, Chromium chromium, String path) {
    var random = new SplittableRandom(1);
    double[] millis = new double[MOMENTS];
    for (int first = 0; first < MOMENTS; first += IN_A_WINDOW) {
      try (BrowserContext window = chromium.window(1440, 900)) {
        Page page = window.newPage();
        Member.signIn(page, server);
        page.navigate(server.url() + path);
        assertThat(page.locator(".stage-play")).isVisible();
        for (int i = first; i < Math.min(MOMENTS, first + IN_A_WINDOW); i++) {
          millis[i] = jump(page, random.nextDouble());
        }
      }
    }
    Arrays.sort(millis);
    return millis;
  }

  /** The button over the picture is there again when the picture of the moment is. */
  private static double jump(Page page, double share) {
    var measured =
        page.evaluate(
            """
            async (share) => {
              const timeline = document.querySelector('[role=slider][aria-label="Moment in the recording"]');
              const box = timeline.getBoundingClientRect();
              const at = { clientX: box.left + box.width * share, clientY: box.top + box.height / 2,
                bubbles: true, pointerId: 1, isPrimary: true, button: 0, buttons: 1 };
              timeline.setPointerCapture = () => {};
              timeline.releasePointerCapture = () => {};
              const clicked = performance.now();
              timeline.dispatchEvent(new PointerEvent('pointerdown', at));
              timeline.dispatchEvent(new PointerEvent('pointerup', { ...at, buttons: 0 }));
              const wanted = Number(timeline.getAttribute('aria-valuemax')) * share;
              for (;;) {
                await new Promise(requestAnimationFrame);
                const now = Number(timeline.getAttribute('aria-valuenow'));
                if (Math.abs(now - wanted) < 1.5 && document.querySelector('.stage-play')) {
                  return performance.now() - clicked;
                }
                if (performance.now() - clicked > 30000) return -1;
              }
            }
            """,
            share);
    double millis = ((Number) measured).doubleValue();
    assertThat(millis).as("settled within 30 s").isPositive();
    return millis;
  }

  private static void tell(String where, double[] millis) {
    System.out.printf(
        "click to settled picture, %s, %d moments: p50 %.0f ms, p95 %.0f ms, most %.0f ms%n",
        where,
        millis.length,
        millis[millis.length / 2],
        millis[(millis.length * 95 - 1) / 100],
        millis[millis.length - 1]);
  }
}
