package dev.backspool.recording;

import dev.backspool.Visitor;
import dev.backspool.postgres.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
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
        profile_name, profile_email,
        (select count(*) from tab
          where tab.project_id = session.project_id and tab.session_id = session.id) as tab_count,
        (select href from page
          where page.project_id = session.project_id and page.session_id = session.id
          order by at limit 1) as first_page,
        (select href from page
          where page.project_id = session.project_id and page.session_id = session.id
          order by at desc limit 1) as last_page
      from session
      """;

  private final Database database;

  public Sessions(Database database) {
    this.database = database;
  }

  /**
   * A part of the list, newest last event first.
   *
   * @param next where the next part begins; null at the end
   */
  public record Page(List<SessionSummary> sessions, @Nullable SessionCursor next) {}

  /**
   * The sessions that the filter lets through.
   *
   * @param after where an earlier page ended; null from the start
   * @param limit most sessions in it
   */
  public Page page(UUID project, SessionFilter filter, @Nullable SessionCursor after, int limit) {
    return database.read(
        project,
        handle -> {
          Conditions wanted = conditions(handle, filter);
          if (after != null) {
            wanted.add("(last_event_at, id) < (:after_at, :after_id)");
            wanted.bind("after_at", after.lastEventAt()).bind("after_id", after.id());
          }
          // One more than asked tells whether there is a next page.
          List<SessionSummary> found =
              wanted
                  .query(handle, project, "order by last_event_at desc, id desc limit :limit")
                  .bind("limit", limit + 1)
                  .map((row, _) -> summary(row))
                  .list();
          boolean more = found.size() > limit;
          List<SessionSummary> shown = more ? found.subList(0, limit) : found;
          SessionSummary last = more ? shown.getLast() : null;
          return new Page(
              Activity.of(handle, project, shown),
              last == null ? null : new SessionCursor(last.lastEventAt(), last.id()));
        });
  }

  /** A session by our id. */
  public Optional<SessionSummary> byId(UUID project, UUID session) {
    return one(project, "id = :id", Map.of("id", session));
  }

  /** A session by the SDK's name; of several with the same one, the latest. */
  public Optional<SessionSummary> byName(UUID project, String name) {
    return one(project, "name = :name", Map.of("name", name));
  }

  private Optional<SessionSummary> one(UUID project, String condition, Map<String, ?> values) {
    return database.read(
        project,
        handle -> {
          var wanted = new Conditions().add(condition);
          values.forEach(wanted::bind);
          List<SessionSummary> found =
              wanted
                  .query(handle, project, "order by last_event_at desc, id desc limit 1")
                  .map((row, _) -> summary(row))
                  .list();
          return Activity.of(handle, project, found).stream().findFirst();
        });
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
                new Conditions()
                    .add("last_received_at >= :since")
                    .bind("since", since)
                    .query(handle, project, "order by last_received_at desc limit :limit")
                    .bind("limit", limit)
                    .map((row, _) -> summary(row))
                    .list()));
  }

  private static Conditions conditions(Handle handle, SessionFilter filter) {
    var wanted = new Conditions();
    wanted.addUnlessNull("last_event_at >= :from", "from", filter.from());
    wanted.addUnlessNull("last_event_at < :to", "to", filter.to());
    wanted.addUnlessNull(
        "last_event_at - started_at >= :min_duration * interval '1 ms'",
        "min_duration",
        filter.minDuration());
    wanted.addUnlessNull(
        "last_event_at - started_at <= :max_duration * interval '1 ms'",
        "max_duration",
        filter.maxDuration());
    wanted.addUnlessNull("event_count >= :min_events", "min_events", filter.minEvents());
    if (filter.errors()) {
      wanted.add("error_count > 0");
    }
    if (filter.live()) {
      wanted.add("last_received_at > :live_since and source <> 'import'");
    }
    String profile = filter.profile();
    if (profile != null) {
      wanted
          .add(
              "(profile_id = :profile or profile_name ilike :profile_part"
                  + " or profile_email ilike :profile_part)")
          .bind("profile", profile)
          .bind("profile_part", partOf(profile));
    }
    String url = filter.url();
    if (url != null) {
      withPage(handle, wanted, partOf(url));
    }
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
        sessions -> wanted.add("id = any(:with_page)").bind("with_page", List.of(sessions)),
        () ->
            wanted
                .add(
                    "(select true from page where page.project_id = session.project_id"
                        + " and page.session_id = session.id and page.href ilike :url limit 1)")
                .bind("url", pattern));
  }

  private static String partOf(String text) {
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
  }

  /** Conditions of the one statement, each with its values. */
  private static final class Conditions {
    private final StringJoiner where = new StringJoiner(" and ", "where ", "\n");
    private final Map<String, Object> values = new HashMap<>();

    Conditions() {
      where.add("project_id = :project");
      bind("live_since", Instant.now().minus(LIVE));
    }

    Conditions add(String condition) {
      where.add(condition);
      return this;
    }

    void addUnlessNull(String condition, String name, @Nullable Object value) {
      if (value != null) {
        add(condition).bind(name, value);
      }
    }

    Conditions bind(String name, Object value) {
      values.put(name, value);
      return this;
    }

    Query query(Handle handle, UUID project, String order) {
      Query query = handle.createQuery(COLUMNS + where + order).bind("project", project);
      values.forEach((name, value) -> {
        switch (value) {
          case Instant at -> query.bind(name, at.atOffset(ZoneOffset.UTC));
          case Duration duration -> query.bind(name, duration.toMillis());
          case List<?> ids -> query.bindArray(name, UUID.class, ids);
          default -> query.bind(name, value);
        }
      });
      return query;
    }
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
        List.of());
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
