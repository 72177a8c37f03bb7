package dev.backspool.event;

import dev.backspool.enrich.Agent;
import dev.backspool.enrich.Geo;
import dev.backspool.enrich.Referrer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is told of where an event happened: kept with a session from its first event, and given to
 * events that have none of their own.
 */
record Circumstances(Place place, Geo geo, Agent agent) {
  private static final JsonMapper JSON = JsonMapper.shared();

  static Circumstances of(Row.Track track) {
    return new Circumstances(track.place(), track.geo(), track.agent());
  }

  /** As one JSON object of what is known, for {@code session.first_event}. */
  String toJson() {
    ObjectNode json = JSON.createObjectNode();
    put(json, "path", place.path());
    put(json, "origin", place.origin());
    put(json, "referrer", place.referrer().url());
    put(json, "referrerName", place.referrer().name());
    put(json, "referrerType", place.referrer().type());
    place.campaign().forEach((name, value) -> put(json, "utm_" + name, value));
    put(json, "country", geo.country());
    put(json, "region", geo.region());
    put(json, "city", geo.city());
    if (geo.latitude() != null && geo.longitude() != null) {
      json.put("latitude", geo.latitude());
      json.put("longitude", geo.longitude());
    }
    put(json, "os", agent.os());
    put(json, "osVersion", agent.osVersion());
    put(json, "browser", agent.browser());
    put(json, "browserVersion", agent.browserVersion());
    put(json, "device", agent.device());
    put(json, "brand", agent.brand());
    put(json, "model", agent.model());
    return json.toString();
  }

  /** Reads what {@link #toJson} wrote, without the campaign. */
  static Circumstances parse(String text) {
    JsonNode json = JSON.readTree(text);
    return new Circumstances(
        new Place(
            text(json, "path"),
            text(json, "origin"),
            new Referrer(
                text(json, "referrer"), text(json, "referrerName"), text(json, "referrerType")),
            Map.of()),
        new Geo(
            text(json, "country"),
            text(json, "region"),
            text(json, "city"),
            number(json, "latitude"),
            number(json, "longitude")),
        new Agent(
            text(json, "os"),
            text(json, "osVersion"),
            text(json, "browser"),
            text(json, "browserVersion"),
            text(json, "device"),
            text(json, "brand"),
            text(json, "model")));
  }

  private static void put(ObjectNode json, String name, @Nullable String value) {
    if (value != null) {
      json.put(name, value);
    }
  }

  private static @Nullable String text(JsonNode json, String name) {
    JsonNode value = json.get(name);
    return value == null ? null : value.asString();
  }

  private static @Nullable Float number(JsonNode json, String name) {
    JsonNode value = json.get(name);
    return value == null ? null : value.floatValue();
  }
}
