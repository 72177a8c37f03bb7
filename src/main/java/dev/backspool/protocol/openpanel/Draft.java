package dev.backspool.protocol.openpanel;

import dev.backspool.enrich.Agent;
import dev.backspool.event.Place;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A row as it was sent, checked against the schema; nothing is known of its sender yet. */
sealed interface Draft {
  /** The profile it names; null while anonymous. */
  @Nullable String profile();

  /**
   * An event.
   *
   * @param device the caller's own device id, {@code __deviceId}
   * @param ip whose event it is, {@code __ip}
   * @param tellsRevenue whether {@code __revenue} is there, in whatever event
   * @param revenue minor units, of the event {@code revenue} alone
   * @param identify embedded in the event, where it tells more than the profile's id
   * @param agent what the sender says of its device, null where it says nothing
   * @param properties flat JSON object of strings
   */
  record Track(
      String name,
      Instant at,
      @Nullable String key,
      @Nullable String profile,
      List<String> groups,
      @Nullable String device,
      @Nullable String ip,
      boolean tellsRevenue,
      @Nullable Long revenue,
      @Nullable Identify identify,
      Place place,
      @Nullable Agent agent,
      String properties)
      implements Draft {}

  record Identify(
      String profile,
      @Nullable String firstName,
      @Nullable String lastName,
      @Nullable String email,
      @Nullable String avatar,
      Map<String, String> properties)
      implements Draft {
    boolean tellsMoreThanTheId() {
      return firstName != null
          || lastName != null
          || email != null
          || avatar != null
          || !properties.isEmpty();
    }
  }

  record Increment(String profile, String property, long by) implements Draft {}

  record DefineGroup(String id, String type, String name, Map<String, String> properties)
      implements Draft {
    @Override
    public @Nullable String profile() {
      return null;
    }
  }

  record AssignGroups(@Nullable String profile, List<String> groups) implements Draft {}

  /**
   * A chunk of a recording.
   *
   * @param session the id that an earlier answer gave, echoed by newer SDKs
   * @param startedAt as it was sent
   * @param events a JSON array of rrweb events
   */
  record Replay(@Nullable String session, int chunkIndex, String startedAt, String events)
      implements Draft {
    @Override
    public @Nullable String profile() {
      return null;
    }
  }

  /** No row: what is wrong with it, {@code <dotted path>: <message>} where a field is. */
  record Faulty(String error) implements Draft {
    @Override
    public @Nullable String profile() {
      return null;
    }
  }
}
