package dev.backspool.event;

import dev.backspool.enrich.Sighting;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.JsonNode;

/**
 * An event of a contract that tells a type, a time and data of any shape.
 *
 * <p>The few types that mean what every dashboard counts get the common name, so that pages,
 * bounces and clicks of all SDKs are counted together; the type as sent is then in the property
 * {@code __type}. {@code url}, or {@code path} or {@code page}, and {@code referrer} of the data
 * tell the place.
 *
 * @param data null where the event has none
 */
public record TypedEvent(String type, Instant at, @Nullable JsonNode data) {
  private static final List<String> ADDRESSES = List.of("url", "path", "page");

  /** The common name of the type. */
  public String name() {
    return switch (type) {
      case "page_view", "pageview", "$page-view", "$pageview" -> "screen_view";
      case "$click" -> "click";
      default -> type;
    };
  }

  /** Whether there is room for all of the data. */
  public boolean fits() {
    var properties = new FlatProperties();
    if (data != null) {
      addData(properties, data);
    }
    return !properties.isOverfull();
  }

  /**
   * The event as a row. What does not fit is left out.
   *
   * @param key by which it is stored once
   * @param profile null while anonymous
   */
  public Row.Track row(
      Sender sender, String key, @Nullable String profile, Places places, Sighting sighting) {
    var properties = new FlatProperties();
    if (data != null) {
      addData(properties, data);
    }
    Places.Known place = places.of(address(), text("referrer"));
    place.properties().forEach(properties::put);
    String title = text("title");
    if (title != null) {
      properties.put("__title", title);
    }
    String name = name();
    if (!name.equals(type)) {
      properties.put("__type", type);
    }
    return new Row.Track(
        sender,
        name,
        at,
        key,
        profile,
        List.of(),
        null,
        place.place(),
        sighting.geo(),
        sighting.agent(),
        properties.toJson());
  }

  private static void addData(FlatProperties properties, JsonNode data) {
    try (JsonParser p = FlatProperties.JSON.treeAsTokens(data)) {
      p.nextToken();
      if (!data.isObject()) {
        properties.add("data", p);
        return;
      }
      for (String name = p.nextName(); name != null; name = p.nextName()) {
        p.nextToken();
        properties.add(name, p);
      }
    }
  }

  private @Nullable String address() {
    for (String member : ADDRESSES) {
      String address = text(member);
      if (address != null) {
        return address;
      }
    }
    return null;
  }

  private @Nullable String text(String member) {
    JsonNode value = data == null ? null : data.get(member);
    return value != null && value.isString() && !value.stringValue().isBlank()
        ? Text.clean(value.stringValue())
        : null;
  }
}
