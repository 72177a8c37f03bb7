package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.Project;
import dev.backspool.recording.TestArchive;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Recordings of which something is missing: said in words, and what is there plays. */
@BrowserTest
final class MissingDataTest {
  private static final String HREF = "https://shop.example.com/cart";

  @Test
  void an_upload_that_never_came_is_marked_and_playback_goes_on(Dashboard dashboard) {
    Tape tape =
        new Tape(dashboard, dashboard.server.project(), "hole")
            .page(0, HREF, "Before the hole")
            .click(500)
            .upload(0)
            .click(1_000)
            .click(2_000)
            .upload(1)
            .reads(4_000, "After the hole")
            .click(4_500)
            .click(6_000)
            .upload(3)
            .ended();
    Page page = dashboard.open(tape.at(1.5));
    var player = new Player(page);
    player.shows("Before the hole");
    assertThat(player.gaps()).hasCount(1);
    assertThat(player.gaps()).hasAttribute("data-reason", "missing");

    player.point(0.5);
    assertThat(page.locator(".timeline-hint"))
        .containsText("1 upload of the recorder did not arrive.");
    player.play();
    assertThat(note(page, "1 upload of the recorder did not arrive.")).isVisible();
    player.shows("After the hole");
    assertThat(note(page, "1 upload of the recorder did not arrive.")).isHidden();
    Chromium.picture(page, "player-hole");
  }

  @Test
  void a_recording_without_a_full_snapshot_says_so_in_plain_words(Dashboard dashboard) {
    Tape tape =
        new Tape(dashboard, dashboard.server.project(), "blind")
            .click(0)
            .click(3_000)
            .upload(0)
            .ended();

    Page page = dashboard.open(tape.watch());

    assertThat(page.getByRole(AriaRole.HEADING, named("This session cannot be shown"))).isVisible();
    assertThat(page.getByText("A replay starts from a full snapshot of the page.")).isVisible();
    assertThat(new Player(page).frame()).hasCount(0);
    assertThat(page.getByTestId("sessions").getByText("no picture")).isVisible();
    Chromium.picture(page, "player-no-snapshot");
  }

  @Test
  void a_damaged_part_is_marked_and_the_rest_plays(Dashboard dashboard) {
    Tape tape =
        new Tape(dashboard, dashboard.server.project(), "damaged")
            .page(0, HREF, "Whole before")
            .click(1_000)
            .upload(0)
            .reads(2_000, "Never to be seen")
            .click(3_000)
            .upload(1)
            .reads(4_000, "Whole after")
            .click(6_000)
            .upload(2)
            .ended();
    tape.damage(1);

    Page page = dashboard.open(tape.at(1));
    var player = new Player(page);
    player.shows("Whole before");
    assertThat(player.gaps()).hasCount(1);
    assertThat(player.gaps()).hasAttribute("data-reason", "damaged");
    player.play();
    assertThat(page.locator(".stage-note.gap")).isVisible();
    player.shows("Whole after");
    assertThat(page.locator(".stage-note.gap")).isHidden();
  }

  @Test
  void a_recording_whose_only_snapshot_is_damaged_says_what_is_gone(Dashboard dashboard) {
    Tape tape =
        new Tape(dashboard, dashboard.server.project(), "beheaded")
            .page(0, HREF, "Never to be seen")
            .click(1_000)
            .upload(0)
            .click(2_000)
            .upload(1)
            .ended();
    tape.damage(0);

    Page page = dashboard.open(tape.watch());

    assertThat(page.getByRole(AriaRole.ALERT))
        .containsText("The part of the recording that holds this page is missing or damaged.");
    assertThat(new Player(page).gaps()).hasAttribute("data-reason", "damaged");
  }

  /** Three uploads, of which the second is archived. */
  private static Tape partlyArchived(Dashboard dashboard, Project project, String name) {
    return new Tape(dashboard, project, name)
        .page(0, HREF, "In the database")
        .click(1_000)
        .upload(0)
        .page(3_000, HREF, "In the archive")
        .click(4_000)
        .click(6_000)
        .upload(1)
        .page(8_000, HREF, "In the database again")
        .click(10_000)
        .upload(2)
        .ended();
  }

  @Test
  void a_part_that_the_archive_lost_is_marked_and_the_rest_plays(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Tape tape = partlyArchived(dashboard, project, "lost");
    try (var archive = TestArchive.of(dashboard.server)) {
      archive.lose(archive.archive(project.id(), tape.id(), frame -> frame.ordinal() == 1));
    }

    Page page = dashboard.open(tape.at(0.5));
    var player = new Player(page);
    player.shows("In the database");
    assertThat(player.gaps()).hasCount(1);
    assertThat(player.gaps()).hasAttribute("data-reason", "missing");
    player.point(0.5);
    assertThat(page.locator(".timeline-hint"))
        .containsText("The archive does not have this part of the recording any more.");
    page.navigate(dashboard.address(tape.at(5)));
    assertThat(note(page, "The archive does not have this part of the recording any more."))
        .isVisible();
    Chromium.picture(page, "player-lost-part");
    page.navigate(dashboard.address(tape.at(9)));
    player.shows("In the database again");
  }

  @Test
  void a_recording_that_the_archive_lost_says_so(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Tape tape = partlyArchived(dashboard, project, "all-lost");
    try (var archive = TestArchive.of(dashboard.server)) {
      archive.lose(archive.archive(project.id(), tape.id()));
    }

    Page page = dashboard.open(tape.watch());

    assertThat(page.getByRole(AriaRole.HEADING, named("Nothing is left of this recording")))
        .isVisible();
    Chromium.picture(page, "player-all-lost");
  }

  @Test
  void while_the_archive_is_away_the_player_says_so_and_goes_on_by_itself(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Tape tape = partlyArchived(dashboard, project, "away");
    Tape whole = partlyArchived(dashboard, project, "all-away");
    try (var archive = TestArchive.of(dashboard.server)) {
      archive.archive(project.id(), tape.id(), frame -> frame.ordinal() == 1);
      archive.archive(project.id(), whole.id());
      archive.goAway();
      Page page;
      Page all;
      try {
        page = dashboard.open(tape.at(5));
        assertThat(note(page, "The archive does not answer, so this part cannot be shown now."))
            .isVisible();
        Chromium.picture(page, "player-archive-away");
        all = dashboard.open(whole.at(5));
        assertThat(all.getByRole(AriaRole.HEADING, named("The archive does not answer")))
            .isVisible();
        Chromium.picture(all, "player-all-away");
      } finally {
        archive.comeBack();
      }
      new Player(page).shows("In the archive");
      assertThat(page.locator(".stage-note.gap")).isHidden();
      assertThat(new Player(page).gaps()).hasCount(0);
      new Player(all).shows("In the archive");
    }
  }

  @Test
  void frames_that_are_away_while_the_index_is_known_come_by_themselves(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Tape tape = partlyArchived(dashboard, project, "frames-away");
    try (var archive = TestArchive.of(dashboard.server)) {
      archive.archive(project.id(), tape.id(), frame -> frame.ordinal() == 1);
      Page page = dashboard.window(Look.DESK_LIGHT, true);
      // The index comes while the archive is there, and the frames are asked for when it is not.
      var gone = new AtomicBoolean();
      page.route(
          "**/recording/frames/*",
          route -> {
            if (gone.compareAndSet(false, true)) {
              archive.goAway();
            }
            route.resume();
          });
      page.navigate(dashboard.address(tape.at(5)));
      assertThat(page.getByRole(AriaRole.ALERT))
          .containsText("The archive that holds this part of the recording does not answer.");
      Chromium.picture(page, "player-frames-away");
      archive.comeBack();
      new Player(page).shows("In the archive");
      assertThat(page.getByRole(AriaRole.ALERT)).isHidden();
    }
  }

  private static Locator note(Page page, String text) {
    return page.locator(".stage-note.gap").getByText(text);
  }

  private static Page.GetByRoleOptions named(String name) {
    return new Page.GetByRoleOptions().setName(name);
  }
}
