package dev.backspool.recording;

import dev.backspool.Visitor;
import dev.backspool.postgres.Conditions;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The sessions of a project: the list with its filters, and single ones. */
public final class Sessions {
  /** Silence after which a session counts as over in lists; it may grow all the same. */
  public static final Duration LIVE = Duration.ofMinutes(2);

  /** From so many pages with a wanted address on, the list is walked instead. */
  private static final int MANY_PAGES = 5_000;

  private static final String COLUMNS =
      """
      select
        id, name, source, started_at, last_event_at, first_received_at, last_received_at,
        source <> 'import' and last_received_at > :live_since as live,
        event_count, chunk_count, page_count, click_count, input_count, error_count, raw_bytes,
        stored_bytes, has_full_snapshot, user_agent, screen, device_info, profile_id,
        coalesce(
          profile_name,
          (select nullif(concat_ws(' ', first_name, last_name), '') from profile
            where profile.project_id = session.project_id and profile.id = session.profile_id)
        ) as profile_name,
        coalesce(
          profile_email,
          (select email from profile
            where profile.project_id = session.project_id and profile.id = session.profile_id)
        ) as profile_email,
        (select count(*) from tab
          where tab.project_id = session.project_id and tab.session_id = session.id) as tab_count,
        (select href from page
          where page.project_id = session.project_id and page.session_id = session.id
          order by at limit 1) as first_page,
        (select href from page
          where page.project_id = session.project_id and page.session_id = session.id
          order by at desc limit 1) as last_page,
        device_id, tracked_from, tracked_until, ended_event_at, tracked_count, screen_view_count,
        revenue, groups, entry_path, exit_path,
        first_event ->> 'referrer' as referrer, first_event ->> 'referrerName' as referrer_name,
        first_event ->> 'referrerType' as referrer_type,
        first_event ->> 'country' as country, first_event ->> 'city' as city, kept_at
      from session
      """;

  /** The index goes by the minute: see the migration. */
  private static final String NEWEST_FIRST =
      "order by last_event_minute desc, last_event_at desc, id desc";

  private final Database database;

  public Sessions(Database database) {
    this.database = database;
  }

  /**
   * The sessions that the filter lets through, newest last event first.
   *
   * @param after where an earlier page ended; null from the start
   * @param limit most sessions in it
   */
  public Page<SessionSummary, UUID> page(
      UUID project, SessionFilter filter, @Nullable Cursor<UUID> after, int limit) {
    return database.read(
        project,
        handle -> {
          Conditions wanted = conditions(handle, project, filter);
          if (after != null) {
            wanted
                .add(
                    "(last_event_minute, last_event_at, id) < (:after_minute, :after_at, :after_id)")
                .bind("after_minute", minuteOf(after.at()))
                .bind("after_at", after.at())
                .bind("after_id", after.id());
          }
          Page<SessionSummary, UUID> page =
              Page.of(
                  found(handle, wanted, NEWEST_FIRST, limit + 1),
                  limit,
                  session -> new Cursor<>(session.lastEventAt(), session.id()));
          return new Page<>(Activity.of(handle, project, page.rows()), page.next());
        });
  }

  /** A session by our id. */
  public Optional<SessionSummary> byId(UUID project, UUID session) {
    return one(project, of(project).add("id = :id").bind("id", session));
  }

  /** A session by the SDK's name; of several with the same one, the latest. */
  public Optional<SessionSummary> byName(UUID project, String name) {
    return one(project, of(project).add("name = :name").bind("name", name));
  }

  private Optional<SessionSummary> one(UUID project, Conditions wanted) {
    return database.read(
        project,
        handle ->
            Activity.of(handle, project, found(handle, wanted, NEWEST_FIRST, 1)).stream()
                .findFirst());
  }

  /**
   * The sessions to which something came since a moment, the latest first.
   *
   * @param limit most sessions of them
   */
  public List<SessionSummary> receivedSince(UUID project, Instant since, int limit) {
    return database.read(
        project,
        handle ->
            Activity.of(
                handle,
                project,
                found(
                    handle,
                    of(project)
                        .add("last_received_minute >= :since_minute and last_received_at >= :since")
                        .bind("since_minute", minuteOf(since))
                        .bind("since", since),
                    "order by last_received_minute desc, last_received_at desc",
                    limit)));
  }

  private static Instant minuteOf(Instant moment) {
    return moment.truncatedTo(ChronoUnit.MINUTES);
  }

  private static List<SessionSummary> found(
      Handle handle, Conditions wanted, String order, int limit) {
    return wanted
        .query(handle, COLUMNS + wanted.where() + order + " limit :limit")
        .bind("limit", limit)
        .map((row, _) -> summary(row))
        .list();
  }

  private static Conditions of(UUID project) {
    return new Conditions()
        .add("project_id = :project")
        .bind("project", project)
        .bind("live_since", Instant.now().minus(LIVE));
  }

  private static Conditions conditions(Handle handle, UUID project, SessionFilter filter) {
    Instant from = filter.from();
    Instant to = filter.to();
    Conditions wanted =
        of(project)
            .addUnlessNull("last_event_at >= :from", "from", from)
            .addUnlessNull(
                "last_event_minute >= :from_minute",
                "from_minute",
                from == null ? null : minuteOf(from))
            .addUnlessNull("last_event_at < :to", "to", to)
            .addUnlessNull(
                "last_event_minute <= :to_minute", "to_minute", to == null ? null : minuteOf(to))
            .addUnlessNull(
                "last_event_at - started_at >= :min_duration * interval '1 ms'",
                "min_duration",
                filter.minDuration())
            .addUnlessNull(
                "last_event_at - started_at <= :max_duration * interval '1 ms'",
                "max_duration",
                filter.maxDuration())
            .addUnlessNull("event_count >= :min_events", "min_events", filter.minEvents())
            // A person who is not known by name yet goes by the id of the device.
            .addUnlessNull(
                "(profile_id = :profile_id or profile_id is null and device_id = :profile_id)",
                "profile_id",
                filter.profileId());
    if (filter.errors()) {
      wanted.add("error_count > 0");
    }
    if (filter.live()) {
      wanted
          .add("last_received_minute >= :live_minute")
          .add("last_received_at > :live_since and source <> 'import'")
          .bind("live_minute", minuteOf(Instant.now().minus(LIVE)));
    }
    Boolean recording = filter.recording();
    if (recording != null) {
      wanted.add(recording ? "chunk_count > 0" : "chunk_count = 0");
    }
    Boolean kept = filter.kept();
    if (kept != null) {
      wanted.add(kept ? "kept_at is not null" : "kept_at is null");
    }
    String profile = filter.profile();
    if (profile != null) {
      wanted
          .add(
              """
              (profile_id = :profile or profile_name ilike :profile_part
                or profile_email ilike :profile_part
                or profile_id in (
                  select id from profile
                  where project_id = :project
                    and (concat_ws(' ', first_name, last_name) ilike :profile_part
                      or email ilike :profile_part)))\
              """)
          .bind("profile", profile)
          .bind("profile_part", Conditions.partOf(profile));
    }
    String url = filter.url();
    if (url != null) {
      withPage(handle, wanted, Conditions.partOf(url));
    }
    // For each session of the walk, in the few days of its events: as in withPage, no "exists".
    wanted.addUnlessNull(
        """
        (select true from event
          where event.project_id = session.project_id and event.session_id = session.id
            and event.name = :event and event.received_at >= session.first_received_at
            and event.received_at < session.last_received_at + interval '1 day'
          limit 1)\
        """,
        "event",
        filter.event());
    return wanted;
  }

  /**
   * Pages that few sessions have are found by their address, through the index of all addresses;
   * for pages that many have, it is quicker to walk the list and look at each session's pages. That
   * is why the question is no "exists": PostgreSQL would answer it for all sessions at once.
   */
  private static void withPage(Handle handle, Conditions wanted, String pattern) {
    Optional<UUID[]> rare =
        handle
            .createQuery("select sessions_with_page(:pattern, :most)")
            .bind("pattern", pattern)
            .bind("most", MANY_PAGES)
            .mapTo(UUID[].class)
            .findOne();
    rare.ifPresentOrElse(
        sessions -> wanted.add("id = any(:with_page)").bind("with_page", sessions),
        () ->
            wanted
                .add(
                    "(select true from page where page.project_id = session.project_id"
                        + " and page.session_id = session.id and page.href ilike :url limit 1)")
                .bind("url", pattern));
  }

  private static SessionSummary summary(ResultSet row) throws SQLException {
    return new SessionSummary(
        row.getObject("id", UUID.class),
        row.getString("name"),
        row.getString("source"),
        instant(row, "started_at"),
        instant(row, "last_event_at"),
        instant(row, "first_received_at"),
        instant(row, "last_received_at"),
        row.getBoolean("live"),
        row.getLong("event_count"),
        row.getInt("chunk_count"),
        row.getInt("tab_count"),
        row.getInt("page_count"),
        row.getInt("click_count"),
        row.getInt("input_count"),
        row.getInt("error_count"),
        row.getLong("raw_bytes"),
        row.getLong("stored_bytes"),
        row.getString("first_page"),
        row.getString("last_page"),
        row.getBoolean("has_full_snapshot"),
        new Visitor(
            row.getString("user_agent"),
            row.getString("screen"),
            row.getString("device_info"),
            row.getString("profile_id"),
            row.getString("profile_name"),
            row.getString("profile_email")),
        Tracking.of(row),
        instantOrNull(row, "kept_at"),
        List.of());
  }

  private static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
    return at == null ? null : at.toInstant();
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
