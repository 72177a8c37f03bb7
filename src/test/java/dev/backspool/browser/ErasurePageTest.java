package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.Project;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Erasing as a member does it: what is asked before, the receipt, and what is left. */
@BrowserTest
final class ErasurePageTest {
  private static Page.GetByRoleOptions named(String name) {
    return new Page.GetByRoleOptions().setName(name);
  }

  private static Locator button(Page page, String name) {
    return page.getByRole(AriaRole.BUTTON, named(name).setExact(true));
  }

  private static Tape visit(Dashboard dashboard, Project project, String name) {
    return new Tape(dashboard, project, name)
        .page(0, "https://shop.example.com/", "A page")
        .click(500)
        .upload(0)
        .ended();
  }

  private static Locator dialog(Page page) {
    return page.getByRole(AriaRole.DIALOG);
  }

  @Test
  void a_session_is_erased_in_the_player_and_its_receipt_shown(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Tape stays = visit(dashboard, project, "stays");
    Tape goes = visit(dashboard, project, "goes");
    Page page = dashboard.open(goes.at(0));
    new Player(page).shows("A page");

    button(page, "More to do with this session").click();
    page.getByRole(AriaRole.MENUITEM, named("Erase session")).click();
    assertThat(dialog(page)).containsText("1 upload");
    assertThat(dialog(page)).containsText("This cannot be undone");
    Locator word = page.getByLabel("Type erase to confirm");
    assertThat(word).isFocused();
    assertThat(button(page, "Erase for good")).isDisabled();
    page.keyboard().press("Escape");
    assertThat(dialog(page)).hasCount(0);
    assertThat(page.locator("a.row")).hasCount(2);

    button(page, "More to do with this session").click();
    page.getByRole(AriaRole.MENUITEM, named("Erase session")).click();
    word.fill("erase");
    page.keyboard().press("Enter");
    assertThat(dialog(page)).containsText("Everything is removed.");
    assertThat(dialog(page)).containsText("1 session");
    Chromium.picture(page, "erased-session");
    assertThat(page.locator(".player")).hasCount(0);
    button(page, "Close").click();
    assertThat(page.locator("a.row")).hasCount(1);
    assertThat(page.locator("a.row"))
        .hasAttribute("href", "/p/" + project.id() + "/replays/" + stays.id());
    page.navigate(dashboard.address(goes.watch()));
    assertThat(page.getByText("There is no such session")).isVisible();
    assertThat(uploadAgain(dashboard, project)).isEqualTo(410);

    page.navigate(dashboard.address("/p/" + project.id() + "/erasures"));
    Locator lines =
        page.getByRole(AriaRole.TABLE, named("Erasures")).locator("tbody").getByRole(AriaRole.ROW);
    assertThat(lines).hasCount(1);
    assertThat(lines).containsText("A session");
    assertThat(lines).containsText("Done");
    page.locator(".erasure-toggle").click();
    button(page, "Allow recording again").click();
    button(page, "Allow it").click();
    assertThat(page.getByText("May be recorded again since")).isVisible();
    Chromium.picture(page, "erasures");
    assertThat(uploadAgain(dashboard, project)).isEqualTo(200);
  }

  private static int uploadAgain(Dashboard dashboard, Project project) {
    return dashboard
        .server
        .post("/v1/replay?session_id=goes&tab_id=t1&batch_id=later&seq=1")
        .bearer(project.sdkKey())
        .body("[{\"type\":4,\"timestamp\":%d,\"data\":{}}]".formatted(System.currentTimeMillis()))
        .send()
        .status();
  }

  @Test
  void a_person_is_erased_with_everything_they_did(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    for (String person : new String[] {"mira", "ada"}) {
      sender.send("identify", Map.of("profileId", person, "firstName", person, "lastName", "Sol"));
      sender.track("signed_up", person, Map.of());
    }
    Page page = dashboard.open("/p/" + project.id() + "/people");
    page.getByRole(AriaRole.LINK, named("mira Sol")).click();
    button(page, "Erase this person").click();
    assertThat(dialog(page)).containsText("Erase mira Sol?");
    page.getByLabel("Type mira to confirm").fill("ada");
    assertThat(button(page, "Erase for good")).isDisabled();
    page.getByLabel("Type mira to confirm").fill("mira");
    Chromium.picture(page, "erase-person");
    button(page, "Erase for good").click();
    assertThat(dialog(page)).containsText("Everything is removed.");
    assertThat(dialog(page)).containsText("1 profile");

    button(page, "Close").click();
    assertThat(page.getByRole(AriaRole.LINK, named("ada Sol"))).isVisible();
    assertThat(page.getByRole(AriaRole.LINK, named("mira Sol"))).hasCount(0);
    assertThat(
            dashboard.server.count(
                "select count(*) from event where profile_id = 'mira' and project_id = '%s'"
                    .formatted(project.id())))
        .isZero();
    page.navigate(dashboard.address("/p/" + project.id() + "/erasures"));
    assertThat(page.getByText("A person")).isVisible();
    assertThat(page.getByText("mira")).hasCount(0);
  }

  @Test
  void what_was_erased_is_told_when_nothing_was(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Page page = dashboard.open("/p/" + project.id() + "/erasures");
    assertThat(page.getByText("Nothing was erased")).isVisible();
  }
}
