package dev.backspool.browser;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.server.TestServer;

/** A member who signs in. */
final class Member {
  private Member() {}

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
