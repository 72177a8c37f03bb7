package dev.backspool.protocol.openpanel;

import dev.backspool.enrich.Agent;
import dev.backspool.enrich.ClientAddress;
import dev.backspool.enrich.Geo;
import dev.backspool.enrich.GeoIp;
import dev.backspool.event.DeviceIds;
import dev.backspool.event.Devices;
import dev.backspool.event.Row;
import dev.backspool.event.Sender;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns the drafts of one caller into rows of the core: what the caller may not send is refused,
 * and each row gets its sender, its place on the map and its device.
 */
final class Rows {
  private final Caller caller;
  private final Devices devices;
  private final GeoIp geoIp;
  private final Map<String, From> addresses = new HashMap<>();
  private final Map<String, Sender> ownDevices = new HashMap<>();

  /** What an address tells: in a request nearly all rows have the same. */
  private record From(Sender sender, Geo geo) {}

  Rows(Caller caller, Devices devices, GeoIp geoIp) {
    this.caller = caller;
    this.devices = devices;
    this.geoIp = geoIp;
  }

  /** Whose device and session the answer to a single row names. */
  Sender asker(Draft draft) {
    return draft instanceof Draft.Track track ? sender(track) : sender();
  }

  /** The caller, where no row names another device. */
  Sender sender() {
    return from(caller.ip()).sender();
  }

  /** The names of a sender's device. */
  static DeviceIds ids(Sender sender) {
    return switch (sender) {
      case Sender.Device device -> device.ids();
      case Sender.Backend backend -> backend.ids();
      case Sender.Named _, Sender.Imported _ ->
          throw new IllegalStateException("no such sender in this contract");
    };
  }

  /**
   * Adds what a draft comes to.
   *
   * @return why not; null when it is added
   */
  @Nullable Ending add(Draft draft, List<Row> rows) {
    String profile = draft.profile();
    if (profile != null && caller.project().excludedProfiles().contains(profile)) {
      return Ending.unauthorized("Profile is excluded");
    }
    return switch (draft) {
      case Draft.Faulty faulty -> Ending.invalid(faulty.error());
      case Draft.Track track -> add(track, rows);
      case Draft.Identify identify -> {
        rows.add(identify(identify, from(caller.ip())));
        yield null;
      }
      case Draft.Increment increment -> {
        rows.add(
            new Row.Increment(sender(), increment.profile(), increment.property(), increment.by()));
        yield null;
      }
      case Draft.DefineGroup group -> {
        rows.add(
            new Row.DefineGroup(
                sender(), group.id(), group.type(), group.name(), group.properties()));
        yield null;
      }
      case Draft.AssignGroups assign -> {
        rows.add(new Row.AssignGroups(sender(), assign.profile(), assign.groups()));
        yield null;
      }
      case Draft.Replay _ -> throw new IllegalArgumentException("a replay chunk is no row");
    };
  }

  private @Nullable Ending add(Draft.Track track, List<Row> rows) {
    if (track.tellsRevenue() && !caller.mayTellRevenue()) {
      return Ending.unauthorized("Revenue needs the client's secret");
    }
    From from = from(track.ip() == null ? caller.ip() : track.ip());
    if (track.ip() != null && isExcluded(track.ip())) {
      return Ending.unauthorized("Address is excluded");
    }
    Draft.Identify person = track.identify();
    if (person != null) {
      rows.add(identify(person, from));
    }
    Agent told = track.agent();
    rows.add(
        new Row.Track(
            sender(track),
            track.name(),
            track.at(),
            track.key(),
            track.profile(),
            track.groups(),
            track.revenue(),
            track.place(),
            from.geo(),
            told == null || caller.server() ? caller.agent() : over(told, caller.agent()),
            track.properties()));
    return null;
  }

  /** Whether events of this address are not wanted, in whatever spelling it is on the list. */
  boolean isExcluded(String ip) {
    List<String> excluded = caller.project().excludedIps();
    if (excluded.isEmpty()) {
      return false;
    }
    String normal = ClientAddress.normal(ip);
    return excluded.contains(ip)
        || (normal != null
            && excluded.stream().anyMatch(each -> normal.equals(ClientAddress.normal(each))));
  }

  /** A device that names itself is one whatever its user agent says: so do IoT and mobile apps. */
  private Sender sender(Draft.Track track) {
    String device = track.device();
    if (device == null) {
      return from(track.ip() == null ? caller.ip() : track.ip()).sender();
    }
    return ownDevices.computeIfAbsent(device, id -> new Sender.Device(DeviceIds.own(id)));
  }

  private From from(@Nullable String ip) {
    String key = ip == null ? "" : ip;
    From known = addresses.get(key);
    if (known == null) {
      DeviceIds ids = devices.of(caller.project().id(), caller.userAgent(), ip);
      known =
          new From(
              caller.server() ? new Sender.Backend(ids) : new Sender.Device(ids), geoIp.of(ip));
      addresses.put(key, known);
    }
    return known;
  }

  private Row identify(Draft.Identify identify, From from) {
    return new Row.Identify(
        from.sender(),
        identify.profile(),
        identify.firstName(),
        identify.lastName(),
        identify.email(),
        identify.avatar(),
        withCircumstances(identify.properties(), from.geo()));
  }

  /** The profile also tells where and by what it was last seen. */
  private Map<String, String> withCircumstances(Map<String, String> properties, Geo geo) {
    var all = new LinkedHashMap<String, String>();
    put(all, "country", geo.country());
    put(all, "region", geo.region());
    put(all, "city", geo.city());
    put(all, "latitude", geo.latitude());
    put(all, "longitude", geo.longitude());
    if (!caller.server()) {
      Agent agent = caller.agent();
      put(all, "os", agent.os());
      put(all, "os_version", agent.osVersion());
      put(all, "browser", agent.browser());
      put(all, "browser_version", agent.browserVersion());
      put(all, "device", agent.device());
      put(all, "brand", agent.brand());
      put(all, "model", agent.model());
    }
    all.putAll(properties);
    return all;
  }

  private static void put(Map<String, String> properties, String key, @Nullable Object value) {
    if (value != null) {
      properties.put(key, value.toString());
    }
  }

  private static Agent over(Agent told, Agent read) {
    return new Agent(
        first(told.os(), read.os()),
        first(told.osVersion(), read.osVersion()),
        first(told.browser(), read.browser()),
        first(told.browserVersion(), read.browserVersion()),
        first(told.device(), read.device()),
        first(told.brand(), read.brand()),
        first(told.model(), read.model()));
  }

  private static @Nullable String first(@Nullable String one, @Nullable String other) {
    return one == null ? other : one;
  }
}
