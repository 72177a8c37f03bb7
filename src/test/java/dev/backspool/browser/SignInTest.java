package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.server.TestServer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Who may see the dashboard. */
@BrowserTest
final class SignInTest {
  private static void signIn(Page page, String token) {
    page.getByLabel("Admin token").fill(token);
    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign in").setExact(true))
        .click();
  }

  @Test
  void a_wrong_token_is_refused_and_the_right_one_leads_to_the_page_that_was_asked_for(
      Dashboard dashboard) {
    var project = dashboard.server.project();
    Page page = dashboard.window(Look.DESK_LIGHT, false);
    page.navigate(dashboard.address("/p/" + project.id() + "/setup"));
    assertThat(page).hasURL(Pattern.compile("/sign-in\\?next="));

    signIn(page, "bst_not_the_token");
    assertThat(page.getByText("This is not the admin token")).isVisible();

    signIn(page, TestServer.ADMIN_TOKEN);
    assertThat(page).hasURL(dashboard.address("/p/" + project.id() + "/setup"));
    assertThat(heading(page, "Setup")).isVisible();
  }

  @Test
  void signing_out_closes_the_dashboard(Dashboard dashboard) {
    var project = dashboard.server.project();
    Page page = dashboard.open(Dashboard.replays(project));
    assertThat(heading(page, "No recordings in Shop yet")).isVisible();

    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Account")).click();
    page.getByRole(AriaRole.MENUITEM, new Page.GetByRoleOptions().setName("Sign out")).click();

    assertThat(page.getByLabel("Admin token")).isVisible();
    assertThat(page.context().cookies()).isEmpty();
    page.navigate(dashboard.address(Dashboard.replays(project)));
    assertThat(page).hasURL(Pattern.compile("/sign-in"));
  }

  @Test
  void a_crafted_link_leads_nowhere_else_after_signing_in(Dashboard dashboard) {
    Page page = dashboard.window(Look.DESK_LIGHT, false);
    page.navigate(dashboard.address("/sign-in?next=//elsewhere.example.com/"));

    signIn(page, TestServer.ADMIN_TOKEN);

    assertThat(page.getByRole(AriaRole.NAVIGATION)).isVisible();
    assertThat(page.url()).startsWith(dashboard.server.url().toString());
  }

  private static Locator heading(Page page, String text) {
    return page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setName(text));
  }
}
