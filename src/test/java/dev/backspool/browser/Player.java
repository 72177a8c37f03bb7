package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.FrameLocator;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;

/** The player of an open window: its parts, by what a person calls them. */
record Player(Page page) {
  private static final String SCENE = ".scene.shown iframe";

  /** The frame that the recorded page is rebuilt in. */
  Locator frame() {
    return page.locator(SCENE);
  }

  /** The recorded page itself. */
  FrameLocator replayed() {
    return page.frameLocator(SCENE);
  }

  /** The moment and the length, {@code 0:07 / 12:00}. */
  Locator time() {
    return page.getByTestId("player-time");
  }

  /** The address of the page in view. */
  Locator address() {
    return page.getByTestId("player-address");
  }

  Locator timeline() {
    return page.getByRole(
        AriaRole.SLIDER, new Page.GetByRoleOptions().setName("Moment in the recording"));
  }

  Locator gaps() {
    return page.getByTestId("gap");
  }

  /** The button of the controls; over the picture there is another. */
  Locator button(String name) {
    return page.locator(".controls")
        .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName(name).setExact(true));
  }

  void play() {
    button("Play").click();
  }

  void pause() {
    button("Pause").click();
  }

  /** Waits until a picture is on stage, and is what it should be. */
  void shows(String text) {
    assertThat(replayed().getByText(text).first()).isVisible();
  }

  /** Whole seconds shown. */
  int seconds() {
    return Integer.parseInt(timeline().getAttribute("aria-valuenow"));
  }

  /** Clicks on the timeline at a share of its length, 0 to 1. */
  void jump(double share) {
    var box = timeline().boundingBox();
    timeline().click(new Locator.ClickOptions().setPosition(box.width * share, box.height / 2));
  }

  /** Holds the pointer over the timeline at a share of its length, 0 to 1. */
  void point(double share) {
    var box = timeline().boundingBox();
    timeline().hover(new Locator.HoverOptions().setPosition(box.width * share, box.height / 2));
  }
}
