package dev.backspool.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backspool.Project;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.TestServer;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Copies elsewhere, as a member adds them, looks at them and has them mended. */
@BrowserTest(settings = {"BACKSPOOL_SYNC_PRIVATE_SINKS=on"})
final class SyncPageTest {
  private static String sync(Project project) {
    return "/p/" + project.id() + "/sync";
  }

  private static Locator button(Page page, String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private static Locator item(Page page, String name) {
    return page.getByRole(
        AriaRole.MENUITEM, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private static Locator section(Page page, String name) {
    return page.getByRole(
        AriaRole.REGION, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private static Locator field(Page page, String label) {
    return page.getByRole(AriaRole.DIALOG)
        .getByLabel(label, new Locator.GetByLabelOptions().setExact(true));
  }

  private static Locator inDialog(Page page, String name) {
    return page.getByRole(AriaRole.DIALOG)
        .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName(name).setExact(true));
  }

  /** Somebody's database. */
  private record Warehouse(TestPostgres.Address address) {
    String connection() {
      return TestServer.url(address) + "?sslmode=disable";
    }

    void run(String sql) {
      try (var connection =
              DriverManager.getConnection(address.url(), address.user(), address.password());
          var statement = connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException failure) {
        throw new IllegalStateException(failure);
      }
    }
  }

  private static Warehouse warehouse() {
    return new Warehouse(TestPostgres.freshDatabase());
  }

  private static void add(Dashboard dashboard, Project project, String name, Warehouse to) {
    var answer =
        dashboard
            .server
            .post("/api/projects/" + project.id() + "/sync/sinks")
            .admin()
            .json(Map.of("kind", "postgres", "name", name, "connection", to.connection()))
            .send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(201);
  }

  private static void profiles(Dashboard dashboard, Project project, int from, int to) {
    dashboard
        .server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into profile (project_id, id, email, first_seen_at, last_seen_at)
                select ?, 'person-' || n, 'x@example.com', now(), now()
                from generate_series(?, ?) as n
                """,
                project.id(),
                from,
                to));
  }

  @Test
  void a_database_is_added_tried_and_followed(Dashboard dashboard) {
    Project project = dashboard.server.project();
    profiles(dashboard, project, 1, 7);
    Page page = dashboard.open(Dashboard.replays(project));
    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Sync").setExact(true))
        .click();
    assertThat(page.getByText("Nothing is copied anywhere yet")).isVisible();
    Chromium.picture(page, "sync-empty");

    button(page, "Add a database").click();
    field(page, "Name").fill("Warehouse");
    field(page, "Connection").fill("postgresql://ada:hunter2@127.0.0.1:1/shop");
    inDialog(page, "Add").click();
    Locator dialog = page.getByRole(AriaRole.DIALOG);
    assertThat(dialog.locator(".mantine-InputWrapper-error")).isVisible();
    assertThat(field(page, "Connection")).hasAttribute("aria-invalid", "true");
    Chromium.picture(page, "sync-add-refused");

    Warehouse warehouse = warehouse();
    field(page, "Connection").fill(warehouse.connection());
    inDialog(page, "Try it").click();
    assertThat(dialog.getByText("It works: " + warehouse.address().user() + "@127.0.0.1"))
        .isVisible();
    Chromium.picture(page, "sync-add-works");
    inDialog(page, "Add").click();
    assertThat(dialog).hasCount(0);
    Locator sink = section(page, "Warehouse");
    assertThat(sink.getByTestId("state")).hasText("Up to date");
    assertThat(sink).containsText("127.0.0.1");
    Locator row =
        sink.getByRole(AriaRole.ROW).filter(new Locator.FilterOptions().setHasText("profiles"));
    assertThat(row).not().containsText("–");
    assertThat(page.content().contains(warehouse.address().password())).isFalse();

    Locator copied = row.getByRole(AriaRole.CELL).nth(5);
    int before = Integer.parseInt(copied.innerText());
    profiles(dashboard, project, 8, 9);
    assertThat(copied).hasText(Integer.toString(before + 2));
    Chromium.picture(page, "sync-live");
  }

  @Test
  void a_database_is_paused_renamed_loaded_again_and_removed(Dashboard dashboard) {
    Project project = dashboard.server.project();
    add(dashboard, project, "Warehouse", warehouse());
    Page page = dashboard.open(sync(project));
    Locator sink = section(page, "Warehouse");
    assertThat(sink.getByTestId("state")).hasText("Up to date");
    button(page, "Pause").click();
    assertThat(sink.getByTestId("state")).hasText("Paused");
    profiles(dashboard, project, 1, 3);
    assertThat(sink).containsText("3 rows behind");
    Chromium.picture(page, "sync-paused");
    button(page, "Go on").click();
    assertThat(sink.getByTestId("state")).hasText("Up to date");

    button(page, "More for Warehouse").click();
    item(page, "Rename").click();
    field(page, "Name").fill("Reports");
    inDialog(page, "Rename").click();
    Locator renamed = section(page, "Reports");
    assertThat(renamed.getByTestId("state")).hasText("Up to date");

    button(page, "More for Reports").click();
    item(page, "Resync").click();
    Chromium.picture(page, "sync-resync");
    inDialog(page, "Resync").click();
    assertThat(page.getByRole(AriaRole.DIALOG)).hasCount(0);
    Locator copied =
        renamed
            .getByRole(AriaRole.ROW)
            .filter(new Locator.FilterOptions().setHasText("profiles"))
            .getByRole(AriaRole.CELL)
            .nth(5);
    assertThat(copied).hasText("6");

    Warehouse other = warehouse();
    button(page, "More for Reports").click();
    item(page, "Change connection").click();
    field(page, "Connection").fill("nonsense");
    inDialog(page, "Change it").click();
    assertThat(page.locator(".mantine-InputWrapper-error")).containsText("connection");
    field(page, "Connection").fill(other.connection());
    inDialog(page, "Change it").click();
    assertThat(page.getByRole(AriaRole.DIALOG)).hasCount(0);
    assertThat(renamed).containsText(other.address().url().replaceFirst(".*/", ""));

    button(page, "More for Reports").click();
    item(page, "Remove").click();
    inDialog(page, "Remove").click();
    assertThat(page.getByText("Nothing is copied anywhere yet")).isVisible();
  }

  @Test
  void what_keeps_rows_from_a_database_is_told_row_by_row(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Warehouse warehouse = warehouse();
    add(dashboard, project, "Warehouse", warehouse);
    add(dashboard, project, "Reports", warehouse());
    profiles(dashboard, project, 1, 3);
    Page page = dashboard.open(sync(project));
    Locator sink = section(page, "Warehouse");
    assertThat(
            sink.getByRole(AriaRole.ROW).filter(new Locator.FilterOptions().setHasText("profiles")))
        .containsText("3");
    warehouse.run(
        "alter table backspool.profiles add constraint known check (id <> 'person-5') not valid");
    warehouse.run("alter table backspool.projects drop column platform");
    profiles(dashboard, project, 4, 6);
    dashboard
        .server
        .server()
        .postgres()
        .own(handle ->
            handle.execute("update project set name = 'Renamed' where id = ?", project.id()));

    Locator quarantine = section(page, "Quarantine");
    assertThat(quarantine).containsText("person-5");
    assertThat(quarantine).containsText("violates check constraint \"known\"");
    assertThat(sink.getByTestId("state")).hasText("One table is stopped");
    assertThat(sink).containsText("Stopped: column \"platform\"");
    assertThat(section(page, "Reports").getByTestId("state")).hasText("Up to date");
    Chromium.picture(page, "sync-trouble");
    picture(dashboard, project, "sync-trouble", Look.DESK_DARK);

    sink.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Resync")).click();
    assertThat(sink.getByTestId("state")).hasText("Up to date");
    warehouse.run("alter table backspool.profiles drop constraint known");
    button(page, "More for Warehouse").click();
    item(page, "Resync").click();
    inDialog(page, "Resync").click();
    assertThat(quarantine).hasCount(0);
  }

  private static void picture(Dashboard dashboard, Project project, String name, Look look) {
    Page page = dashboard.open(sync(project), look);
    assertThat(page.getByTestId("state").first()).isVisible();
    Chromium.picture(page, name + "-" + look.tag());
  }

  @Test
  void stages_are_paused_for_everybody_and_that_is_said_first(Dashboard dashboard) {
    Project project = dashboard.server.project();
    add(dashboard, project, "Warehouse", warehouse());
    Page page = dashboard.open(sync(project));
    Locator following = page.getByLabel("Following changes");
    assertThat(following).isChecked();
    // Not uncheck(): it looks at once, and the page waits for its next turn to show it.
    following.click(new Locator.ClickOptions().setForce(true));
    Locator said = page.getByText("Following changes is paused everywhere");
    assertThat(said).isVisible();
    assertThat(following).not().isChecked();
    Chromium.picture(page, "sync-stage-paused");
    button(page, "Go on").click();
    assertThat(said).hasCount(0);
    assertThat(following).isChecked();
  }

  @Test
  void all_projects_are_one_scope_of_the_same_page(Dashboard dashboard) {
    Project one = dashboard.server.project();
    Project other = dashboard.server.project();
    add(dashboard, one, "First", warehouse());
    add(dashboard, other, "Second", warehouse());
    Page page = dashboard.open(sync(one));
    assertThat(section(page, "First").getByTestId("state")).hasText("Up to date");
    assertThat(section(page, "Second")).hasCount(0);
    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("All projects")).click();
    assertThat(section(page, "First")).isVisible();
    assertThat(section(page, "Second")).isVisible();
    Chromium.picture(page, "sync-all");
    page.reload();
    assertThat(section(page, "Second")).isVisible();
  }

  @Test
  void a_server_that_does_not_tell_is_said_with_a_way_to_try_again(Dashboard dashboard) {
    Project project = dashboard.server.project();
    Page page = dashboard.window(Look.DESK_LIGHT, true);
    page.route(
        "**/sync/status",
        route ->
            route.fulfill(
                new com.microsoft.playwright.Route.FulfillOptions()
                    .setStatus(400)
                    .setContentType("application/problem+json")
                    .setBody(
                        "{\"title\": \"Bad request\", \"detail\": \"It cannot be told\", \"status\": 400}")));
    page.navigate(dashboard.address(sync(project)));
    assertThat(page.getByRole(AriaRole.ALERT)).containsText("It cannot be told");
    Chromium.picture(page, "sync-error");
    page.unroute("**/sync/status");
    button(page, "Try again").click();
    assertThat(page.getByText("Nothing is copied anywhere yet")).isVisible();
  }

  @Test
  void the_page_fits_a_telephone(Dashboard dashboard) {
    Project project = dashboard.server.project();
    for (String name : List.of("Warehouse", "Reports of the marketing department")) {
      add(dashboard, project, name, warehouse());
    }
    for (Look look : List.of(Look.PHONE_LIGHT, Look.PHONE_DARK, Look.DESK_DARK)) {
      Page page = dashboard.open(sync(project), look);
      assertThat(section(page, "Warehouse").getByTestId("state")).hasText("Up to date");
      Chromium.picture(page, "sync-" + look.tag());
      Object over =
          page.evaluate(
              "() => { const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth; }");
      assertThat(over).isEqualTo(0);
    }
  }
}
