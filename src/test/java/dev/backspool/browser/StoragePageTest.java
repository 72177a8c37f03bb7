package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a project keeps, and for how long, as a member sees and changes it. */
@BrowserTest
final class StoragePageTest {
  private static String storage(Project project) {
    return "/p/" + project.id() + "/storage";
  }

  private static Page.GetByRoleOptions named(String name) {
    return new Page.GetByRoleOptions().setName(name);
  }

  private static Tape visit(Dashboard dashboard, Project project, String name) {
    return new Tape(dashboard, project, name)
        .page(0, "https://shop.example.com/", "A page")
        .click(500)
        .upload(0);
  }

  @Test
  void a_new_project_says_where_its_recordings_will_lie(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Page page = dashboard.open(Dashboard.replays(project));
    page.getByRole(AriaRole.LINK, named("Storage")).click();

    assertThat(page.getByText("Nothing is stored yet")).isVisible();
    assertThat(page.getByText(dashboard.server.folder().resolve("archive").toString())).isVisible();
    page.getByRole(AriaRole.LINK, named("Erasures")).click();
    assertThat(page.getByText("Nothing was erased")).isVisible();
  }

  @Test
  void what_is_not_archived_yet_lies_in_the_database(Dashboard dashboard) {
    Project project = dashboard.server.project();
    visit(dashboard, project, "live");
    Page page = dashboard.open(storage(project));

    Locator database =
        page.getByRole(AriaRole.ROW).filter(new Locator.FilterOptions().setHasText("Database"));
    assertThat(database).containsText("1 recording");
    assertThat(page.getByText("1 recording goes on or ended a short while ago")).isVisible();
    assertThat(page.locator(".days li")).hasCount(30);
    assertThat(
            page.locator(".days li").filter(new Locator.FilterOptions().setHasText("1 recording")))
        .hasCount(1);
  }

  @Test
  void an_archive_that_is_away_is_said_first(Dashboard dashboard) throws IOException {
    Project project = dashboard.server.project();
    visit(dashboard, project, "waits").ended();
    Page page = dashboard.open(storage(project));
    assertThat(page.getByText("1 recording")).not().hasCount(0);
    assertThat(page.getByText("The archive cannot be reached").first()).isHidden();

    Path archive = dashboard.server.folder().resolve("archive");
    Path elsewhere = archive.resolveSibling("not mounted");
    Files.move(archive, elsewhere);
    try {
      Locator alert = page.getByRole(AriaRole.ALERT);
      assertThat(alert).containsText("The archive cannot be reached");
      assertThat(alert).containsText(archive.toString());
      Chromium.picture(page, "storage-away");
    } finally {
      Files.move(elsewhere, archive);
    }
    assertThat(page.getByRole(AriaRole.ALERT)).hasCount(0);
  }

  @Test
  void the_pages_fit_a_telephone(Dashboard dashboard) {
    Project project = dashboard.server.project();
    visit(dashboard, project, "small");
    for (Look look : List.of(Look.PHONE_LIGHT, Look.PHONE_DARK)) {
      for (String path : List.of("storage", "erasures")) {
        Page page = dashboard.open("/p/" + project.id() + "/" + path, look);
        assertThat(page.getByRole(AriaRole.HEADING).nth(1).or(page.getByText("Nothing was erased")))
            .isVisible();
        Chromium.picture(page, path + "-" + look.tag());
        Object over =
            page.evaluate(
                "() => { const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth; }");
        assertThat(over).as(path).isEqualTo(0);
      }
    }
  }
}
