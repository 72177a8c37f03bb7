package dev.backspool.browser;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.server.TestServer;

/** What a member does in the dashboard. */
final class Dashboard {
  private Dashboard() {}

  static void signIn(Page page, TestServer server) {
    page.navigate(server.url() + "/sign-in");
    tryToken(page, TestServer.ADMIN_TOKEN);
    page.waitForURL(url -> !url.contains("sign-in"));
  }

  static void tryToken(Page page, String token) {
    page.getByLabel("token").first().fill(token);
    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign in")).click();
  }
}
