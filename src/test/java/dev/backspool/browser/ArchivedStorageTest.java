package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The storage page over an archive that real recordings have gone to. */
final class ArchivedStorageTest {
  private static TestServer server;
  private static Chromium chromium;
  private static BrowserContext window;
  private static Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start(Map.of("BACKSPOOL_ARCHIVE_AFTER", "PT0.01S"));
    chromium = Chromium.start();
    window = chromium.window(1440, 900);
    project = server.project();
    server.post("/api/projects/" + project.id() + "/sample-recordings").admin().send();
    Dashboard.until("four recordings are archived", () -> archived() == 4);
  }

  @AfterAll
  static void stop() {
    chromium.close();
    server.close();
  }

  private static long archived() {
    return server.count(
        "select count(*) from session where event_count > 0 and hot_since is null"
            + " and part_count > 0");
  }

  private static Page open(String path) {
    Page page = window.newPage();
    Member.signIn(page, server);
    page.navigate(server.url() + "/p/" + project.id() + "/" + path);
    return page;
  }

  @Test
  void the_figures_are_those_of_the_archive_and_its_objects_go_with_an_erasure() {
    Page page = open("storage");
    Locator compression = page.getByTestId("compression");
    assertThat(compression).containsText("The archive holds 4 recordings in");
    assertThat(compression)
        .containsText(Pattern.compile("as JSON they are \\d+ MB, \\d{2,3} times as much"));
    Locator archive =
        page.getByRole(AriaRole.ROW)
            .filter(new Locator.FilterOptions().setHasText("Archive, a directory"));
    assertThat(archive).containsText("objects");
    assertThat(page.getByText("Nothing waits to be archived or deleted.")).isVisible();
    Chromium.picture(page, "storage-archived");

    String session =
        server.column("select id::text from session where name = 'sample-admin-long'").get(0);
    page.navigate(server.url() + "/p/" + project.id() + "/replays/" + session + "?t=1");
    assertThat(new Player(page).time()).not().hasText(Pattern.compile("/ 0:00$"));
    page.getByLabel("More to do with this session").click();
    page.getByRole(AriaRole.MENUITEM).click();
    page.getByLabel("Type erase to confirm").fill("erase");
    page.keyboard().press("Enter");
    Locator dialog = page.getByRole(AriaRole.DIALOG);
    assertThat(dialog).containsText("Everything is removed.");
    assertThat(dialog).containsText(Pattern.compile("objects? of the archive \\("));
    assertThat(dialog.locator("summary")).containsText("of the archive");
    Chromium.picture(page, "erased-archived");
    page.navigate(server.url() + "/p/" + project.id() + "/storage");
    assertThat(compression).containsText("The archive holds 3 recordings in");
  }
}
