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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a project keeps, and for how long, as a member sees and changes it. */
@BrowserTest
final class StoragePageTest {
  private static String storage(Project project) {
    return "/p/" + project.id() + "/storage";
  }

  private static Page.GetByRoleOptions named(String name) {
    return new Page.GetByRoleOptions().setName(name);
  }

  private static Locator button(Page page, String name) {
    return page.getByRole(AriaRole.BUTTON, named(name).setExact(true));
  }

  private static Locator days(Page page, String what) {
    return page.getByLabel(what, new Page.GetByLabelOptions().setExact(true));
  }

  private static Locator forEver(Page page, String what) {
    return page.getByLabel(what + ": For ever");
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
    page.navigate(dashboard.address("/p/" + project.id() + "/settings"));
    page.getByRole(AriaRole.LINK, named("Storage page")).click();
    assertThat(days(page, "Recordings")).isInViewport();
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
  void a_shorter_retention_says_first_what_it_will_delete(Dashboard dashboard) {
    Project project = dashboard.server.project();
    visit(dashboard, project, "old").daysAgo(50);
    visit(dashboard, project, "new");
    Page page = dashboard.open(storage(project));
    assertThat(page.getByText("and deletes nothing")).isVisible();

    forEver(page, "Recordings").uncheck();
    days(page, "Recordings").fill("30");
    button(page, "Save retention").click();
    Locator dialog = page.getByRole(AriaRole.DIALOG);
    assertThat(dialog).containsText("Recordings: 30 days instead of for ever");
    assertThat(dialog.getByTestId("keep-less")).containsText("1 recording");
    Chromium.picture(page, "storage-keep-less");
    button(page, "Cancel").click();
    assertThat(dialog).hasCount(0);
    assertThat(recordingDays(dashboard, project)).isNull();

    button(page, "Save retention").click();
    button(page, "Keep less").click();
    assertThat(page.getByText("Saved")).isVisible();
    assertThat(recordingDays(dashboard, project)).isEqualTo(30);
    assertThat(page.getByText("and deletes for good:")).isVisible();
    page.reload();
    assertThat(days(page, "Recordings")).hasValue("30 days");
    assertThat(forEver(page, "Recordings")).not().isChecked();

    button(page, "Run now").click();
    assertThat(page.getByRole(AriaRole.DIALOG)).containsText("1 recording");
    button(page, "Delete now").click();
    Locator runs = page.getByRole(AriaRole.TABLE, named("Last runs"));
    assertThat(runs.getByRole(AriaRole.ROW)).hasCount(2);
    assertThat(runs).containsText("Done");
    assertThat(page.getByText("and deletes nothing")).isVisible();
    assertThat(
            dashboard.server.count(
                "select count(*) from session where project_id = '%s'".formatted(project.id())))
        .isEqualTo(1);
    Chromium.picture(page, "storage-after-run");
  }

  private static @Nullable Integer recordingDays(Dashboard dashboard, Project project) {
    JsonNode days =
        dashboard
            .server
            .get("/api/projects/" + project.id())
            .admin()
            .send()
            .json()
            .get("recording_days");
    return days.isNull() ? null : (Integer) days.asInt();
  }

  @Test
  void a_wrong_number_of_days_is_told_at_its_field(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Page page = dashboard.open(storage(project));
    forEver(page, "Events").uncheck();
    button(page, "Save retention").click();
    assertThat(page.getByText("How many days?")).isVisible();

    days(page, "Events").fill("99999");
    button(page, "Save retention").click();
    Locator told = page.getByText("event_days must be a whole number from 1 to 36500, or null");
    assertThat(told).isVisible();
    assertThat(days(page, "Events"))
        .hasAttribute("aria-describedby", Pattern.compile(".*" + told.getAttribute("id") + ".*"));
    assertThat(days(page, "Events")).hasAttribute("aria-invalid", "true");
    button(page, "Undo").click();
    assertThat(told).hasCount(0);
    assertThat(forEver(page, "Events")).isChecked();
  }

  @Test
  void a_session_with_a_star_is_kept_and_found(Dashboard dashboard) {
    Project project = dashboard.server.project();
    visit(dashboard, project, "plain").ended();
    Tape starred = visit(dashboard, project, "starred").ended();
    Page page = dashboard.open(starred.at(0));
    Locator star = button(page, "Keep this session");
    assertThat(star).hasAttribute("aria-pressed", "false");
    star.click();
    assertThat(star).hasAttribute("aria-pressed", "true");
    assertThat(page.locator(".row-star")).hasCount(1);
    until(dashboard, project, 1);

    page.navigate(dashboard.address(Dashboard.replays(project)));
    assertThat(page.locator("a.row")).hasCount(2);
    page.getByRole(AriaRole.BUTTON, named("Filter")).click();
    page.getByRole(AriaRole.MENUITEM, new Page.GetByRoleOptions().setName("Kept")).click();
    assertThat(page.locator("a.row")).hasCount(1);
    assertThat(page.locator("a.row"))
        .hasAttribute("href", Pattern.compile(".*" + starred.id() + ".*kept=1"));
    Chromium.picture(page, "sessions-kept");

    // Taken away in the list, by keyboard; the line stays until the list is read again.
    Locator inList = page.locator(".row-keep");
    inList.focus();
    page.keyboard().press("Enter");
    assertThat(inList).hasAttribute("aria-pressed", "false");
    until(dashboard, project, 0);
    assertThat(page.locator("a.row")).hasCount(1);
    page.reload();
    assertThat(page.getByText("No session matches these filters")).isVisible();
  }

  private static void until(Dashboard dashboard, Project project, long kept) {
    Dashboard.until(
        kept + " kept",
        () ->
            dashboard.server.count(
                    "select count(*) from session where kept_at is not null and project_id = '%s'"
                        .formatted(project.id()))
                == kept);
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
