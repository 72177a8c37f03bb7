package dev.backspool.analytics;

import dev.backspool.postgres.Conditions;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.Page;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The events of a project: the list with its filters, their names, and what came just now. */
public final class EventLog {
  private static final int MOST_NAMES = 1_000;

  /** A device id is a hash that lives a day or two, or one of an app: it has few sessions. */
  private static final int MOST_SESSIONS = 10_000;

  private final Database database;

  public EventLog(Database database) {
    this.database = database;
  }

  /** In which direction of time a list goes; of equal times, by id. */
  public enum Order {
    NEWEST_FIRST("<", "desc"),
    OLDEST_FIRST(">", "asc");

    private final String beyond;
    private final String sql;

    Order(String beyond, String direction) {
      this.beyond = "(at, id) %s (:after_at, :after_id)".formatted(beyond);
      this.sql = "order by at %1$s, id %1$s limit :limit\n".formatted(direction);
    }
  }

  /**
   * The events that the filter lets through.
   *
   * @param after where an earlier page ended; null from the start
   * @param limit most events in it
   */
  public Page<Event, Long> page(
      UUID project, EventFilter filter, Order order, @Nullable Cursor<Long> after, int limit) {
    return database.read(
        project,
        handle -> {
          Conditions wanted = filter.conditions(project).bind("limit", limit + 1);
          if (after != null) {
            wanted.add(order.beyond).bind("after_at", after.at()).bind("after_id", after.id());
            if (order == Order.OLDEST_FIRST) {
              wanted
                  .add("received_at >= :after_received")
                  .bind("after_received", EventFilter.earliestReceipt(after.at()));
            }
          }
          List<Event> found =
              wanted
                  .query(handle, sql(who(handle, project, filter, wanted), wanted, order.sql))
                  .map((row, _) -> Event.of(row))
                  .list();
          return Page.of(found, limit, event -> new Cursor<>(event.at(), event.id()));
        });
  }

  /** Each alternative is ordered and cut by itself, so that each can use its own index. */
  private static String sql(List<String> who, Conditions wanted, String order) {
    return switch (who.size()) {
      case 0 -> Event.COLUMNS + wanted.where() + order;
      case 1 -> Event.COLUMNS + wanted.where(who.getFirst()) + order;
      default -> {
        var alternatives =
            who.stream()
                .map(each -> "(" + Event.COLUMNS + wanted.where(each) + order + ")")
                .toList();
        yield String.join(" union all ", alternatives) + order;
      }
    };
  }

  /**
   * What the filter asks about person and device, in alternatives that exclude each other. The
   * index of profiles has only those that are not their device, as most events are anonymous; what
   * a device did is found by its sessions.
   */
  private static List<String> who(
      Handle handle, UUID project, EventFilter filter, Conditions wanted) {
    var alternatives = new ArrayList<String>();
    String device = filter.device();
    String ofDevice = "";
    if (device != null) {
      wanted.bind("device", device);
      ofDevice = "device_id = :device" + inSessions(handle, project, device, wanted);
    }
    String profile = filter.profile();
    if (profile == null) {
      return device == null ? List.of() : List.of(ofDevice);
    }
    wanted.bind("profile", profile);
    String also = device == null ? "" : " and " + ofDevice;
    alternatives.add("profile_id = :profile and profile_id is distinct from device_id" + also);
    if (device == null) {
      String sessions = inSessions(handle, project, profile, wanted);
      if (!sessions.isEmpty()) {
        alternatives.add("profile_id = :profile and device_id = :profile" + sessions);
      }
    } else if (device.equals(profile)) {
      alternatives.add("profile_id = :profile and " + ofDevice);
    }
    return alternatives;
  }

  private static String inSessions(Handle handle, UUID project, String device, Conditions wanted) {
    List<UUID> sessions =
        handle
            .createQuery(
                """
                select id from session
                where project_id = :project and device_id = :device
                order by live_until desc limit :most
                """)
            .bind("project", project)
            .bind("device", device)
            .bind("most", MOST_SESSIONS)
            .mapTo(UUID.class)
            .list();
    if (sessions.isEmpty()) {
      return "";
    }
    wanted.bind("sessions", sessions.toArray(UUID[]::new));
    return " and session_id = any(:sessions)";
  }

  /**
   * A name of events.
   *
   * @param lastAt when the latest of them happened
   */
  public record Name(String name, long count, Instant lastAt) {}

  /** The names of the events of a time, the most frequent first; at most {@value #MOST_NAMES}. */
  public List<Name> names(UUID project, Instant from, Instant to) {
    return database.read(
        project,
        handle -> {
          Conditions wanted = EventFilter.ALL.between(from, to).conditions(project);
          return wanted
              .query(
                  handle,
                  "select name, count(*) as count, max(at) as last_at from event "
                      + wanted.where()
                      + "group by name order by count desc, name limit :most")
              .bind("most", MOST_NAMES)
              .map((row, _) ->
                  new Name(
                      row.getString("name"),
                      row.getLong("count"),
                      row.getObject("last_at", OffsetDateTime.class).toInstant()))
              .list();
        });
  }

  /** The ids of all events received at a time or later. */
  public List<Long> idsSince(UUID project, Instant received) {
    return database.read(
        project,
        handle -> {
          Conditions wanted = since(project, EventFilter.ALL, received);
          return wanted
              .query(handle, "select id from event " + wanted.where())
              .mapTo(Long.class)
              .list();
        });
  }

  /**
   * Events by their ids, in the order they were received.
   *
   * @param received that or later they all were received
   */
  public List<Event> byIds(UUID project, Instant received, List<Long> ids) {
    return database.read(
        project,
        handle -> {
          Conditions wanted =
              since(project, EventFilter.ALL, received)
                  .add("id = any(:ids)")
                  .bind("ids", ids.toArray(Long[]::new));
          return wanted
              .query(handle, Event.COLUMNS + wanted.where() + "order by received_at, id")
              .map((row, _) -> Event.of(row))
              .list();
        });
  }

  /**
   * The latest of the events that were received at a time or later and are wanted, in the order
   * they were received.
   *
   * @param limit most events of them
   */
  public List<Event> receivedSince(UUID project, EventFilter filter, Instant received, int limit) {
    return database.read(
        project,
        handle -> {
          Conditions wanted = since(project, filter, received);
          return wanted
              .query(
                  handle,
                  Event.COLUMNS
                      + wanted.where()
                      + "order by received_at desc, id desc limit :limit")
              .bind("limit", limit)
              .map((row, _) -> Event.of(row))
              .list()
              .reversed();
        });
  }

  /** How many events were received at a time or later and are wanted. */
  public long countReceivedSince(UUID project, EventFilter filter, Instant received) {
    return database.read(
        project,
        handle -> {
          Conditions wanted = since(project, filter, received);
          return wanted
              .query(handle, "select count(*) from event " + wanted.where())
              .mapTo(Long.class)
              .one();
        });
  }

  private static Conditions since(UUID project, EventFilter filter, Instant received) {
    return filter
        .conditions(project)
        .add("received_at >= :since")
        .bind("since", received)
        .addUnlessNull("profile_id = :profile", "profile", filter.profile())
        .addUnlessNull("device_id = :device", "device", filter.device());
  }
}
