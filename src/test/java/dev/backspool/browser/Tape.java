package dev.backspool.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A recording made by hand: a page with one line of text, told in rrweb events and uploaded batch
 * by batch. Times are ms since its start, ten minutes ago.
 */
final class Tape {
  private static final int TEXT = 7;

  final String name;
  final long start = System.currentTimeMillis() - 600_000;
  private final TestServer server;
  private final Project project;
  private final List<Map<String, Object>> events = new ArrayList<>();
  private String tab = "t1";
  private int batches;
  private String id = "";

  Tape(Dashboard dashboard, Project project, String name) {
    this.server = dashboard.server;
    this.project = project;
    this.name = name;
  }

  /** What follows happens in this tab. */
  Tape tab(String tab) {
    this.tab = tab;
    return this;
  }

  Tape event(long at, int type, Map<String, Object> data) {
    events.add(Map.of("type", type, "timestamp", start + at, "data", data));
    return this;
  }

  /** A page opens: its address and a full snapshot of it. */
  Tape page(long at, String href, String text) {
    return page(
        at,
        href,
        List.of(element(6, "h1", Map.of(), Map.of("type", 3, "textContent", text, "id", TEXT))));
  }

  /** A page with this in its body; ids from 6 on are free. */
  Tape page(long at, String href, List<Map<String, Object>> body) {
    var html =
        element(
            3,
            "html",
            Map.of(),
            element(4, "head", Map.of()),
            element(5, "body", Map.of(), body.toArray(Map[]::new)));
    var doctype = Map.of("type", 1, "name", "html", "publicId", "", "systemId", "", "id", 2);
    var document = Map.of("type", 0, "childNodes", List.of(doctype, html), "id", 1);
    return event(at, 4, Map.of("href", href, "width", 800, "height", 600))
        .event(at, 2, Map.of("node", document, "initialOffset", Map.of("top", 0, "left", 0)));
  }

  /** An element as a snapshot holds it. */
  static Map<String, Object> element(
      int id, String name, Map<String, Object> attributes, Map<?, ?>... children) {
    var element = new LinkedHashMap<String, Object>();
    element.put("type", 2);
    element.put("tagName", name);
    element.put("attributes", attributes);
    element.put("childNodes", List.of(children));
    element.put("id", id);
    return element;
  }

  /** A text node as a snapshot holds it. */
  static Map<String, Object> text(int id, String text) {
    return Map.of("type", 3, "textContent", text, "id", id);
  }

  /** The page's text changes. */
  Tape reads(long at, String text) {
    return event(
        at,
        3,
        Map.of(
            "source",
            0,
            "texts",
            List.of(Map.of("id", TEXT, "value", text)),
            "attributes",
            List.of(),
            "removes",
            List.of(),
            "adds",
            List.of()));
  }

  Tape click(long at) {
    return event(at, 3, Map.of("source", 2, "type", 2, "id", 6, "x", 40, "y", 40));
  }

  /** Uploads what has gathered as a batch with this number. */
  Tape upload(int seq) {
    var answer =
        server
            .post(
                "/v1/replay?session_id=%s&tab_id=%s&batch_id=%s-%d&seq=%d"
                    .formatted(name, tab, name, batches++, seq))
            .bearer(project.sdkKey())
            .json(events)
            .send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    id = answer.json().get("session_id").asString();
    events.clear();
    return this;
  }

  /** Lets the last upload be long ago, so that the session is no longer live. */
  Tape ended() {
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                "update session set last_received_at = last_received_at - interval '10 minutes'"
                    + " where id = cast(? as uuid)",
                id));
    return this;
  }

  /** Lets all of it have been so long ago. */
  Tape daysAgo(int days) {
    server
        .server()
        .postgres()
        .own(handle ->
            handle
                .createUpdate(
                    """
                    update session set
                      started_at = started_at - :days * interval '1 day',
                      last_event_at = last_event_at - :days * interval '1 day',
                      first_received_at = first_received_at - :days * interval '1 day',
                      last_received_at = last_received_at - :days * interval '1 day'
                    where id = cast(:id as uuid)
                    """)
                .bind("days", days)
                .bind("id", id)
                .execute());
    return this;
  }

  /** Turns over the last byte of a stored batch. */
  void damage(int batch) {
    int rows =
        server
            .server()
            .postgres()
            .own(handle ->
                handle.execute(
                    """
                    update chunk
                    set payload = set_byte(payload, octet_length(payload) - 1,
                        255 - get_byte(payload, octet_length(payload) - 1))
                    where batch_id = ?
                    """,
                    name + "-" + batch));
    assertThat(rows).isOne();
  }

  /** The server's id of the session. */
  String id() {
    return id;
  }

  /** The address of the player, waiting at a moment. */
  String at(double seconds) {
    return watch() + "?t=" + seconds;
  }

  /** The address of the player. */
  String watch() {
    return Dashboard.replays(project) + "/" + id;
  }
}
