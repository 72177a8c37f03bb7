package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.enrich.Agent;
import dev.backspool.enrich.Geo;
import dev.backspool.enrich.Referrer;
import dev.backspool.event.DeviceIds;
import dev.backspool.event.Place;
import dev.backspool.event.Row;
import dev.backspool.event.Sender;
import dev.backspool.event.StoreEvents;
import dev.backspool.event.StoredEvents;
import dev.backspool.server.TestServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Analytics events of one device, committed as a protocol's adapter commits them. */
final class Tracker {
  static final Geo BERLIN = new Geo("DE", "BE", "Berlin", 52.5f, 13.4f);
  static final Agent CHROME =
      new Agent("Windows", "10", "Chrome", "126.0.0.0", "desktop", "Dell", "XPS");

  private final TestServer server;
  private final Project project;
  private final Sender sender;
  private final List<Row> rows = new ArrayList<>();
  private @Nullable String profile;
  private List<String> groups = List.of();
  private @Nullable UUID session;

  Tracker(TestServer server, Project project, String device) {
    this.server = server;
    this.project = project;
    this.sender = new Sender.Device(DeviceIds.own(device));
  }

  /** From now on somebody known, in these groups. */
  Tracker by(String profile, String... groups) {
    this.profile = profile;
    this.groups = List.of(groups);
    return this;
  }

  Tracker event(String name, Instant at) {
    return event(name, at, "/", "{}");
  }

  Tracker event(String name, Instant at, String path, String properties) {
    return event(name, at, path, properties, null);
  }

  Tracker event(String name, Instant at, String path, String properties, @Nullable Long revenue) {
    rows.add(
        new Row.Track(
            sender,
            name,
            at,
            null,
            profile,
            groups,
            revenue,
            new Place(
                path,
                "https://shop.example.com",
                new Referrer("https://search.example/", "Search", "search"),
                Map.of()),
            BERLIN,
            CHROME,
            properties));
    return this;
  }

  Tracker identify(String first, String last, String email) {
    rows.add(
        new Row.Identify(
            sender,
            String.valueOf(profile),
            first,
            last,
            email,
            "https://shop.example.com/me.png",
            Map.of("plan", "pro")));
    return this;
  }

  Tracker group(String id, String type, String name) {
    rows.add(new Row.DefineGroup(sender, id, type, name, Map.of("seats", "5")));
    return this;
  }

  Tracker assign(String... groups) {
    rows.add(new Row.AssignGroups(sender, profile, List.of(groups)));
    return this;
  }

  /** Commits what has gathered. */
  Tracker store() {
    StoredEvents stored =
        server
            .server()
            .events()
            .store(
                new StoreEvents(
                    project.id(),
                    Source.OPENPANEL,
                    server.server().events().clock().instant(),
                    sender,
                    "Mozilla/5.0",
                    "web",
                    "1.2.3",
                    List.copyOf(rows)));
    assertThat(stored)
        .isInstanceOfSatisfying(
            StoredEvents.Committed.class,
            committed -> {
              assertThat(committed.rows()).containsOnly(StoredEvents.RowOutcome.STORED);
              session = committed.session();
            });
    rows.clear();
    return this;
  }

  /** The session that the next event would join. */
  String session() {
    return String.valueOf(session);
  }
}
