package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.Project;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Events as a member sees them: the live feed, the marks in the player, the people they tell of.
 */
@BrowserTest
final class EventsPageTest {
  private static final String HREF = "https://shop.example.com/cart";

  private static String events(Project project) {
    return "/p/" + project.id() + "/events";
  }

  private static Locator line(Page page, String name) {
    var title =
        page.locator(
            ".event-name b",
            new Page.LocatorOptions().setHasText(Pattern.compile("^" + name + "$")));
    return page.locator(".event-row").filter(new Locator.FilterOptions().setHas(title));
  }

  private static Page.GetByRoleOptions named(String name) {
    return new Page.GetByRoleOptions().setName(name);
  }

  @Test
  void an_event_shows_by_itself_while_the_feed_is_open(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    Page page = dashboard.open(events(project));
    assertThat(page.getByText("No events yet")).isVisible();
    assertThat(page.getByRole(AriaRole.LINK, named("Set up events")))
        .hasAttribute("href", "/p/" + project.id() + "/setup/openpanel");

    sender.track("signed_up", "mira", Map.of("plan", "pro"));
    assertThat(line(page, "signed_up")).isVisible();
    assertThat(line(page, "signed_up")).containsText("mira");
    Chromium.picture(page, "events-live");
  }

  @Test
  void a_paused_feed_counts_what_comes_and_shows_it_when_asked(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    sender.track("before", "mira", Map.of());
    Page page = dashboard.open(events(project));
    assertThat(line(page, "before")).isVisible();

    page.getByRole(AriaRole.BUTTON, named("Pause")).click();
    sender.track("meanwhile", "mira", Map.of());
    assertThat(page.getByText("1 new event")).isVisible();
    assertThat(line(page, "meanwhile")).hasCount(0);
    page.getByRole(AriaRole.BUTTON, named("Resume")).click();
    assertThat(line(page, "meanwhile")).isVisible();
    assertThat(page.getByText("1 new event")).isHidden();
  }

  @Test
  void a_line_opens_by_keyboard_and_a_property_narrows_the_feed(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    sender.track("signed_up", "mira", Map.of("plan", "pro"));
    sender.track("signed_out", "mira", Map.of("plan", "free"));
    Page page = dashboard.open(events(project));
    Locator opener = page.getByRole(AriaRole.BUTTON, named("All of signed_up"));
    opener.focus();
    page.keyboard().press("Enter");
    assertThat(opener).hasAttribute("aria-expanded", "true");
    Chromium.picture(page, "events-open");
    page.locator(".property-value", new Page.LocatorOptions().setHasText("pro")).click();
    assertThat(page.getByText("plan is “pro”")).isVisible();
    assertThat(line(page, "signed_up")).isVisible();
    assertThat(line(page, "signed_out")).hasCount(0);
  }

  @Test
  void names_are_chosen_from_what_happened(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    sender.track("signed_up", "mira", Map.of());
    sender.track("signed_out", "mira", Map.of());
    Page page = dashboard.open(events(project));
    page.getByRole(AriaRole.BUTTON, named("Events by name: All events")).click();
    page.getByRole(AriaRole.CHECKBOX, named("signed_out")).check();
    page.keyboard().press("Escape");
    assertThat(line(page, "signed_out")).isVisible();
    assertThat(line(page, "signed_up")).hasCount(0);
    assertThat(page).hasURL(Pattern.compile("[?&]name=signed_out"));
  }

  @Test
  void older_events_are_loaded_when_asked(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    sender.many("step", 60);
    Page page = dashboard.open(events(project));
    assertThat(line(page, "step_59")).isVisible();
    assertThat(line(page, "step_0")).hasCount(0);
    page.getByRole(AriaRole.BUTTON, named("Load older events")).click();
    assertThat(line(page, "step_0")).isVisible();
    assertThat(page.locator(".event-row").filter(new Locator.FilterOptions().setHasText("step_")))
        .hasCount(60);
    assertThat(page.getByText("No older events.")).isVisible();
  }

  @Test
  void an_event_of_a_recording_is_marked_and_a_click_on_it_seeks(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Tape tape =
        new Tape(dashboard, project, "visit")
            .page(0, HREF, "The cart")
            .click(500)
            .click(19_000)
            .upload(0)
            .ended();
    var sender = new EventSender(dashboard, project);
    sender.inSession(tape.id(), "added_to_cart", tape.start + 5_000);
    sender.inSession(tape.id(), "order_placed", tape.start + 15_000);
    Page page = dashboard.open(tape.at(1));
    var player = new Player(page);
    player.shows("The cart");
    Locator marks = page.getByTestId("event-mark");
    assertThat(marks).hasCount(2);

    page.getByRole(AriaRole.TAB, named("Events 2")).click();
    Locator list = page.locator(".tracked");
    list.getByText("order_placed").click();
    assertThat(player.time()).containsText("0:15");
    assertThat(list.locator(".happened-line[aria-current=true]")).containsText("order_placed");
    Chromium.picture(page, "player-events");

    marks.first().click();
    assertThat(player.time()).containsText("0:05");
    assertThat(list.locator(".happened-line[aria-current=true]")).containsText("added_to_cart");

    list.getByLabel("Filter the events").fill("placed");
    assertThat(list.locator(".happened-line")).hasCount(1);
  }

  @Test
  void a_session_without_a_recording_shows_its_events_and_says_why(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    sender.track("signed_up", "mira", Map.of("plan", "pro"));
    Page page = dashboard.open(Dashboard.replays(project));
    page.getByTestId("sessions").getByText("events only").click();
    assertThat(page.getByText("This session has no recording")).isVisible();
    assertThat(line(page, "signed_up")).isVisible();
    Chromium.picture(page, "session-without-recording");
  }

  @Test
  void a_person_leads_to_their_groups_sessions_and_events(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    sender.send(
        "identify",
        Map.of(
            "profileId",
            "user/42",
            "firstName",
            "Mira",
            "lastName",
            "Sol",
            "properties",
            Map.of("plan", "pro")));
    sender.send("group", Map.of("id", "acme", "type", "company", "name", "Acme"));
    sender.send("assign_group", Map.of("groupIds", List.of("acme"), "profileId", "user/42"));
    sender.track("signed_up", "user/42", Map.of());

    Page page = dashboard.open("/p/" + project.id() + "/people");
    page.getByRole(AriaRole.LINK, named("Mira Sol")).click();
    assertThat(page.getByRole(AriaRole.HEADING, named("Mira Sol"))).isVisible();
    assertThat(line(page, "signed_up")).isVisible();
    assertThat(page.locator(".visits li")).hasCount(1);
    Chromium.picture(page, "person");
    page.getByRole(AriaRole.LINK, named("acme")).click();
    assertThat(page.getByRole(AriaRole.HEADING, named("Acme"))).isVisible();
    assertThat(page.getByRole(AriaRole.LINK, named("Mira Sol"))).isVisible();
  }

  @Test
  void the_pages_fit_a_telephone(Dashboard dashboard) {
    Project project = dashboard.server.project();
    var sender = new EventSender(dashboard, project);
    sender.track("a_name_that_is_longer_than_a_telephone_is_wide", "mira", Map.of("k", "v"));
    for (Look look : List.of(Look.PHONE_LIGHT, Look.PHONE_DARK)) {
      for (String path : List.of("events", "people", "groups", "setup/openpanel", "settings")) {
        Page page = dashboard.open("/p/" + project.id() + "/" + path, look);
        assertThat(page.getByRole(AriaRole.HEADING).first()).isVisible();
        Chromium.picture(page, path.replace('/', '-') + "-" + look.tag());
        Object over =
            page.evaluate(
                "() => { const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth; }");
        assertThat(over).as(path).isEqualTo(0);
      }
    }
  }
}
