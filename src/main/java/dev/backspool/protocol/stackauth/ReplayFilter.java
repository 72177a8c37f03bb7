package dev.backspool.protocol.stackauth;

import static dev.backspool.protocol.stackauth.Query.LAST_MOMENT;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which replays a list is asked for. All conditions must hold; null is no condition.
 *
 * @param teamIds teams that the user must be in one of. Backspool knows no teams, so with this
 *     condition nothing is found
 * @param anonymous whether the user must be one of whom neither name nor address is known, or must
 *     not be
 */
record ReplayFilter(
    @Nullable List<String> userIds,
    @Nullable List<String> teamIds,
    @Nullable Long durationMsMin,
    @Nullable Long durationMsMax,
    @Nullable Long lastEventFromMs,
    @Nullable Long lastEventToMs,
    @Nullable Long clicksMin,
    @Nullable Boolean anonymous) {

  static ReplayFilter of(Query query) {
    var filter =
        new ReplayFilter(
            query.ids("user_ids"),
            query.ids("team_ids"),
            query.number("duration_ms_min", 0, LAST_MOMENT),
            query.number("duration_ms_max", 0, LAST_MOMENT),
            query.number("last_event_at_from_millis", 0, LAST_MOMENT),
            query.number("last_event_at_to_millis", 0, LAST_MOMENT),
            query.number("click_count_min", 0, LAST_MOMENT),
            anonymous(query.text("user_kind")));
    Query.ordered("duration_ms_min", filter.durationMsMin, "duration_ms_max", filter.durationMsMax);
    Query.ordered(
        "last_event_at_from_millis",
        filter.lastEventFromMs,
        "last_event_at_to_millis",
        filter.lastEventToMs);
    return filter;
  }

  private static @Nullable Boolean anonymous(@Nullable String kind) {
    return switch (kind) {
      case null -> null;
      case "anonymous" -> true;
      case "non_anonymous" -> false;
      default -> throw StackFailure.badRequest("user_kind must be anonymous or non_anonymous");
    };
  }
}
