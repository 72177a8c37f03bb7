package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import org.junit.jupiter.api.Test;

/** A session in two tabs at once. */
@BrowserTest
final class TabsTest {
  /** Somebody opens a second tab after 3 s and comes back to the first after 6. */
  private static Tape twoTabs(Dashboard dashboard) {
    return new Tape(dashboard, dashboard.server.project(), "two-tabs")
        .tab("alpha")
        .page(0, "https://shop.example.com/alpha", "Alpha, as it was")
        .click(1_000)
        .click(6_000)
        .reads(6_500, "Alpha, come back to")
        .click(8_000)
        .upload(0)
        .tab("beta")
        .page(3_000, "https://shop.example.com/beta", "Beta, as it was")
        .click(3_500)
        .reads(4_500, "Beta, grown")
        .click(7_000)
        .upload(0)
        .ended();
  }

  private static Locator tab(Page page, int number) {
    return page.getByRole(AriaRole.NAVIGATION, named("Tabs of this session"))
        .getByRole(AriaRole.BUTTON)
        .nth(number - 1);
  }

  private static Page.GetByRoleOptions named(String name) {
    return new Page.GetByRoleOptions().setName(name);
  }

  @Test
  void the_view_follows_the_person_from_tab_to_tab_on_one_timeline(Dashboard dashboard) {
    Tape tape =
        new Tape(dashboard, dashboard.server.project(), "follow")
            .tab("alpha")
            .page(0, "https://shop.example.com/alpha", "Alpha, as it was")
            .click(1_000)
            .click(2_000)
            .click(5_000)
            .reads(5_500, "Alpha, come back to")
            .click(9_000)
            .upload(0)
            .tab("beta")
            .page(3_000, "https://shop.example.com/beta", "Beta, as it was")
            .click(3_500)
            .reads(4_000, "Beta, grown")
            .click(4_500)
            .upload(0)
            .ended();
    Page page = dashboard.open(tape.at(1));
    var player = new Player(page);
    player.shows("Alpha, as it was");
    assertThat(player.time()).hasText("0:01 / 0:09");
    assertThat(tab(page, 1)).hasAttribute("aria-pressed", "true");
    assertThat(tab(page, 2)).containsText("not open yet");

    player.play();
    player.shows("Beta");
    assertThat(tab(page, 2)).hasAttribute("aria-pressed", "true");
    assertThat(tab(page, 2)).containsText("/beta");
    player.shows("Alpha, come back to");
    assertThat(tab(page, 1)).hasAttribute("aria-pressed", "true");
  }

  @Test
  void a_tab_that_is_held_stays_until_the_person_is_followed_again(Dashboard dashboard) {
    Tape tape = twoTabs(dashboard);
    Page page = dashboard.open(tape.at(4));
    var player = new Player(page);
    player.shows("Beta, as it was");

    tab(page, 1).click();
    player.shows("Alpha, as it was");
    assertThat(page.getByLabel("Follow")).not().isChecked();
    page.keyboard().press("ArrowRight");
    assertThat(player.time()).hasText("0:08 / 0:08");
    player.shows("Alpha, come back to");
    tab(page, 2).click();
    player.shows("Beta, grown");

    page.getByText("Follow", new Page.GetByTextOptions().setExact(true)).click();
    player.shows("Alpha, come back to");
    assertThat(page.getByLabel("Follow")).isChecked();
  }
}
