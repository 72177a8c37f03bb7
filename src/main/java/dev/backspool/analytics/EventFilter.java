package dev.backspool.analytics;

import dev.backspool.postgres.Conditions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which events are wanted; what is null or empty asks nothing. It asks the same of a row in the
 * database and of an event in memory.
 *
 * @param names any of these
 * @param profile the customer's id of the person; the device's id of someone anonymous
 * @param device the device's id
 * @param path exactly this
 * @param group a group among the event's
 * @param text a part of the name or the path, upper and lower case alike
 * @param from earliest, inclusive
 * @param to latest, exclusive
 * @param properties values that properties must have
 */
public record EventFilter(
    List<String> names,
    @Nullable String profile,
    @Nullable String device,
    @Nullable UUID session,
    @Nullable String path,
    @Nullable String group,
    @Nullable String text,
    @Nullable Instant from,
    @Nullable Instant to,
    Map<String, String> properties) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** How far an event may be ahead of its receipt, and a little more. */
  private static final Duration AHEAD = Duration.ofSeconds(61);

  public static final EventFilter ALL =
      new EventFilter(List.of(), null, null, null, null, null, null, null, null, Map.of());

  /** The same for one session alone. */
  public EventFilter withSession(UUID only) {
    return new EventFilter(names, profile, device, only, path, group, text, from, to, properties);
  }

  EventFilter between(Instant earliest, Instant latest) {
    return new EventFilter(
        names, profile, device, session, path, group, text, earliest, latest, properties);
  }

  /**
   * The earliest day partition that an event of a time can lie in: a bound on {@code received_at}
   * that keeps PostgreSQL from looking into those before it.
   */
  static Instant earliestReceipt(Instant at) {
    return at.minus(AHEAD);
  }

  /** What it asks of a row of a project, but for the profile and the device. */
  Conditions conditions(UUID project) {
    Conditions wanted =
        new Conditions()
            .add("project_id = :project")
            .bind("project", project)
            .addUnlessNull("session_id = :session", "session", session)
            .addUnlessNull("path = :path", "path", path)
            .addUnlessNull(":group = any(groups)", "group", group)
            .addUnlessNull("at < :to", "to", to);
    if (from != null) {
      wanted
          .add("at >= :from and received_at >= :from_received")
          .bind("from", from)
          .bind("from_received", earliestReceipt(from));
    }
    if (names.size() == 1) {
      wanted.add("name = :name").bind("name", names.getFirst());
    } else if (!names.isEmpty()) {
      wanted.add("name = any(:names)").bind("names", names.toArray(String[]::new));
    }
    if (text != null) {
      wanted.add("(name ilike :text or path ilike :text)").bind("text", Conditions.partOf(text));
    }
    int n = 0;
    for (Map.Entry<String, String> property : properties.entrySet()) {
      wanted
          .add("properties::json ->> :property_%1$d = :value_%1$d".formatted(n))
          .bind("property_" + n, property.getKey())
          .bind("value_" + n, property.getValue());
      n++;
    }
    return wanted;
  }

  /** Whether an event is wanted. */
  public boolean matches(Event event) {
    return (names.isEmpty() || names.contains(event.name()))
        && (profile == null || profile.equals(event.profile()))
        && (device == null || device.equals(event.device()))
        && (session == null || session.equals(event.session()))
        && (path == null || path.equals(event.path()))
        && (group == null || event.groups().contains(group))
        && (from == null || !event.at().isBefore(from))
        && (to == null || event.at().isBefore(to))
        && (text == null || contains(event.name(), text) || contains(event.path(), text))
        && hasProperties(event);
  }

  private boolean hasProperties(Event event) {
    if (properties.isEmpty()) {
      return true;
    }
    JsonNode known = JSON.readTree(event.properties());
    return properties.entrySet().stream()
        .allMatch(wanted -> {
          JsonNode value = known.get(wanted.getKey());
          return value != null && !value.isNull() && value.asString().equals(wanted.getValue());
        });
  }

  private static boolean contains(@Nullable String whole, String part) {
    return whole != null && whole.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
  }
}
