package dev.backspool.event;

import dev.backspool.enrich.Agent;
import dev.backspool.enrich.Geo;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One thing to store of a request. Rows take effect in their order. */
public sealed interface Row {
  /** Who sent it. */
  Sender sender();

  /**
   * An event.
   *
   * @param key the sender's own id of the event: the same one again is stored once; null stores
   *     every copy
   * @param profile the customer's id of the person; null while anonymous
   * @param revenue minor currency units; null for an event that is no revenue
   * @param properties flat JSON object of strings, as text
   */
  record Track(
      Sender sender,
      String name,
      Instant at,
      @Nullable String key,
      @Nullable String profile,
      List<String> groups,
      @Nullable Long revenue,
      Place place,
      Geo geo,
      Agent agent,
      String properties)
      implements Row {

    /** The same with a key. */
    public Track keyed(String key) {
      return new Track(
          sender, name, at, key, profile, groups, revenue, place, geo, agent, properties);
    }
  }

  /**
   * An event that another system has kept. Its sender is {@link Sender.Imported}. It is as old as
   * it says, and the starts and ends of sessions are events among the others.
   *
   * @param durationMs length of the session, on its end alone
   */
  record Kept(
      Track event, @Nullable String sdkName, @Nullable String sdkVersion, @Nullable Long durationMs)
      implements Row {
    @Override
    public Sender sender() {
      return event.sender();
    }

    boolean isStart() {
      return event.name().equals(EventRow.SESSION_START);
    }

    boolean isEnd() {
      return event.name().equals(EventRow.SESSION_END);
    }
  }

  /**
   * What is now known of a person. Null leaves what was known; properties are added to those known.
   */
  record Identify(
      Sender sender,
      String profile,
      @Nullable String firstName,
      @Nullable String lastName,
      @Nullable String email,
      @Nullable String avatar,
      Map<String, String> properties)
      implements Row {}

  /**
   * Adds to a number among a known person's properties.
   *
   * @param property name of the property; dots reach into nested objects
   * @param by what is added, negative for a decrement
   */
  record Increment(Sender sender, String profile, String property, long by) implements Row {}

  /** What is now known of a group; properties are added to those known. */
  record DefineGroup(
      Sender sender, String id, String type, String name, Map<String, String> properties)
      implements Row {}

  /**
   * Puts a person into groups, beside those they are in.
   *
   * @param profile null for the device's own profile
   */
  record AssignGroups(Sender sender, @Nullable String profile, List<String> groups)
      implements Row {}
}
