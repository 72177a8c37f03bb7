package dev.backspool.retention;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/**
 * Measures how fast days leave for the archive, and how fast a columnar store is filled out of it.
 * Run it by hand: {@code mvn -q test-compile} and then this class. Argument: how many events.
 */
public final class ArchivedEventsSpeed {
  private static final int AT_ONCE = 20_000;

  private ArchivedEventsSpeed() {}

  public static void main(String[] arguments) throws Exception {
    int events = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
    Path folder = Files.createTempDirectory("backspool-speed-");
    try (var past = new Past(folder, 30, Map.of())) {
      past.settle();
      for (int from = 1; from <= events; from += AT_ONCE) {
        int first = from;
        int last = Math.min(events, from + AT_ONCE - 1);
        Instant at = past.clock.instant().plusMillis(from / 100);
        past.server
            .server()
            .postgres()
            .own(handle ->
                handle
                    .createUpdate(
                        """
                        insert into event (
                          project_id, id, at, received_at, name, session_id, device_id, profile_id,
                          path, origin, country, region, city, os, os_version, browser,
                          browser_version, device, groups, properties)
                        select :project, n, :at, :at, 'screen_view',
                          ('00000000-0000-4000-8000-' || lpad((n % 5000)::text, 12, '0'))::uuid,
                          md5((n % 5000)::text), md5((n % 5000)::text), '/products/' || n % 500,
                          'https://shop.example.com', 'DE', 'BE', 'Berlin', 'Mac OS', '10.15',
                          'Chrome', '140', 'desktop', '{}',
                          '{"plan":"pro","list":"summer","position":"' || n % 20 || '"}'
                        from generate_series(:first, :last) as n
                        """)
                    .bind("project", past.id())
                    .bind("at", at.atOffset(ZoneOffset.UTC))
                    .bind("first", first)
                    .bind("last", last)
                    .execute());
      }
      past.settle();
      past.clock.advance(Duration.ofDays(12));
      Instant began = Instant.now();
      past.run();
      tell("left for the archive", events, began);
      System.out.printf(
          "%,d bytes in the archive, %,d of lines, filter %,d bytes%n",
          past.server.count("select sum(bytes) from event_day"),
          past.server.count("select sum(raw_bytes) from event_day"),
          past.server.count("select sum(octet_length(names)) from event_day"));
      began = Instant.now();
      past.server.server().sync().sinks().resync(past.sink().id(), past.id(), "events");
      Thread.sleep(300);
      past.settle();
      tell("filled anew out of it", events, began);
      began = Instant.now();
      System.out.printf("held %,d%n", past.held());
      tell("verified", events, began);
    }
  }

  private static void tell(String what, int events, Instant began) {
    double seconds = Duration.between(began, Instant.now()).toMillis() / 1e3;
    System.out.printf("%-24s %.1f s, %,.0f/s%n", what, seconds, events / seconds);
  }
}
