package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Somebody's visit to a page, uploaded batch by batch as a recorder would. Times are ms since its
 * start, ten minutes ago unless said otherwise.
 */
public final class Visit {
  public static final String CHROME =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
          + " Safari/537.36";

  public final String name;
  public final long start;
  private final TestServer server;
  private final Project project;
  private final List<Map<String, Object>> events = new ArrayList<>();
  private String tab = "t1";
  private String profile = "";
  private int batches;
  private String id = "";

  public Visit(TestServer server, Project project, String name) {
    this(server, project, name, System.currentTimeMillis() - 600_000);
  }

  public Visit(TestServer server, Project project, String name, long start) {
    this.server = server;
    this.project = project;
    this.name = name;
    this.start = start;
  }

  public Visit tab(String tab) {
    this.tab = tab;
    return this;
  }

  public Visit by(String id, String name, String email) {
    profile = "&profile_id=" + id + "&profile_name=" + name + "&profile_email=" + email;
    return this;
  }

  public Visit event(long at, int type, Map<String, Object> data) {
    events.add(Map.of("type", type, "timestamp", start + at, "data", data));
    return this;
  }

  public Visit meta(long at, String href) {
    return event(at, 4, Map.of("href", href, "width", 1280, "height", 720));
  }

  public Visit snapshot(long at) {
    return event(at, 2, Map.of("node", Map.of("type", 0, "childNodes", List.of(), "id", 1)));
  }

  /** A page with its full snapshot. */
  public Visit page(long at, String href) {
    return meta(at, href).snapshot(at + 1);
  }

  public Visit click(long at) {
    return event(at, 3, Map.of("source", 2, "type", 2, "id", 1, "x", 5, "y", 5));
  }

  public Visit input(long at) {
    return event(at, 3, Map.of("source", 5, "id", 1, "text", "*"));
  }

  public Visit error(long at) {
    return event(
        at,
        6,
        Map.of(
            "plugin",
            "rrweb/console@1",
            "payload",
            Map.of("level", "error", "payload", List.of())));
  }

  /** Uploads what has gathered as the next batch; extra parameters such as {@code &seq=3}. */
  public Visit upload(String more) {
    var answer =
        server
            .post(
                "/v1/replay?session_id=%s&tab_id=%s&batch_id=%s-%d%s%s"
                    .formatted(name, tab, name, batches++, profile, more))
            .bearer(project.sdkKey())
            .header("User-Agent", CHROME)
            .json(events)
            .send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    id = answer.json().get("session_id").asString();
    events.clear();
    return this;
  }

  public Visit upload() {
    return upload("");
  }

  /** The server's id of the session, once something is uploaded. */
  public String id() {
    return id;
  }

  /** Address of the session in the API. */
  public String path() {
    return "/api/projects/" + project.id() + "/sessions/" + id;
  }
}
