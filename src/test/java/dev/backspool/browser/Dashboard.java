package dev.backspool.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.RequestOptions;
import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The dashboard of a real server on an empty database, and windows to look at it. */
final class Dashboard implements AutoCloseable {
  /** How long something may take that normally takes a moment: the machine may be busy. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  final TestServer server;
  private final Chromium chromium;
  private final String signedIn;
  private final List<BrowserContext> windows = new ArrayList<>();
  private final List<String> uncaught = new ArrayList<>();

  private Dashboard(TestServer server, Chromium chromium) {
    this.server = server;
    this.chromium = chromium;
    this.signedIn = signIn();
  }

  /**
   * Starts a server.
   *
   * @param settings more of its settings
   */
  static Dashboard start(Chromium chromium, Map<String, String> settings) {
    return new Dashboard(TestServer.start(settings), chromium);
  }

  /** Signs in once; every window begins with that cookie. */
  private String signIn() {
    try (BrowserContext window = chromium.window(new Browser.NewContextOptions())) {
      var answer =
          window
              .request()
              .post(
                  address("/api/sign-in"),
                  RequestOptions.create().setData(Map.of("token", TestServer.ADMIN_TOKEN)));
      assertThat(answer.status()).isEqualTo(204);
      return window.storageState();
    }
  }

  /** The full address of a path. */
  String address(String path) {
    return server.url().resolve(path).toString();
  }

  /** The address of a project's list of sessions. */
  static String replays(Project project) {
    return "/p/" + project.id() + "/replays";
  }

  /** Opens a page in a desk's window of its own, signed in. */
  Page open(String path) {
    return open(path, Look.DESK_LIGHT);
  }

  Page open(String path, Look look) {
    Page page = window(look, true);
    page.navigate(address(path));
    return page;
  }

  /** An empty page in a window of its own. */
  Page window(Look look, boolean signedIn) {
    var options =
        new Browser.NewContextOptions()
            .setViewportSize(look.width, look.height)
            .setColorScheme(look.scheme);
    if (signedIn) {
      options.setStorageState(this.signedIn);
    }
    BrowserContext window = chromium.window(options);
    windows.add(window);
    window.onWebError(error -> uncaught.add(error.error()));
    return window.newPage();
  }

  /** Pictures of every open window, under a name. */
  void pictures(String name) {
    int count = 0;
    for (BrowserContext window : windows) {
      for (Page page : window.pages()) {
        Chromium.picture(page, count++ == 0 ? name : name + "-" + count);
      }
    }
  }

  /**
   * Closes every window.
   *
   * @return what was thrown in one of them and not caught, since the last call
   */
  List<String> closeWindows() {
    windows.forEach(BrowserContext::close);
    windows.clear();
    var found = List.copyOf(uncaught);
    uncaught.clear();
    return found;
  }

  /** Waits for what the server comes to by itself. */
  static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting until %s", what).isLessThan(deadline);
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    closeWindows();
    server.close();
  }
}
