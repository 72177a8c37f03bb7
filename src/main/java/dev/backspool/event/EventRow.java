package dev.backspool.event;

import dev.backspool.enrich.Agent;
import dev.backspool.enrich.Geo;
import dev.backspool.postgres.CopyRows;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of the table of events.
 *
 * @param device the sender's device; null where nothing names one
 * @param profile who did it; the device while anonymous
 * @param durationMs length of the session, on its end alone
 */
record EventRow(
    UUID project,
    Instant at,
    Instant receivedAt,
    String name,
    @Nullable UUID session,
    @Nullable String device,
    @Nullable String profile,
    @Nullable Long revenue,
    @Nullable Long durationMs,
    Circumstances circumstances,
    @Nullable String sdkName,
    @Nullable String sdkVersion,
    List<String> groups,
    String properties) {
  static final String SESSION_START = "session_start";
  static final String SESSION_END = "session_end";

  private static final List<String> COLUMNS =
      List.of(
          "project_id",
          "id",
          "at",
          "received_at",
          "name",
          "session_id",
          "device_id",
          "profile_id",
          "path",
          "origin",
          "referrer",
          "referrer_name",
          "referrer_type",
          "revenue",
          "duration_ms",
          "country",
          "region",
          "city",
          "latitude",
          "longitude",
          "os",
          "os_version",
          "browser",
          "browser_version",
          "device",
          "brand",
          "model",
          "sdk_name",
          "sdk_version",
          "groups",
          "properties");

  private static final String TABLE = "event";

  /** How many ids one value of the sequence stands for. */
  private static final int BLOCK = 1_000;

  /** The start of the session that this event, its first, opens. */
  EventRow start(Instant at) {
    return new EventRow(
        project,
        at,
        receivedAt,
        SESSION_START,
        session,
        device,
        profile,
        null,
        null,
        circumstances,
        sdkName,
        sdkVersion,
        groups,
        properties);
  }

  /** The same at another time. */
  EventRow moved(Instant at) {
    return new EventRow(
        project,
        at,
        receivedAt,
        name,
        session,
        device,
        profile,
        revenue,
        durationMs,
        circumstances,
        sdkName,
        sdkVersion,
        groups,
        properties);
  }

  /** The same of another SDK than the request's. */
  EventRow keptBy(@Nullable String name, @Nullable String version) {
    return new EventRow(
        project,
        at,
        receivedAt,
        this.name,
        session,
        device,
        profile,
        revenue,
        durationMs,
        circumstances,
        name,
        version,
        groups,
        properties);
  }

  /** The same with the length of its session. */
  EventRow lasting(@Nullable Long ms) {
    return new EventRow(
        project,
        at,
        receivedAt,
        name,
        session,
        device,
        profile,
        revenue,
        ms,
        circumstances,
        sdkName,
        sdkVersion,
        groups,
        properties);
  }

  /**
   * Copies the rows into the table; their ids rise in the order of the list. COPY is refused under
   * row-level security, so this runs as the tables' owner.
   *
   * <p>Rows of one day, as nearly all are, go straight into its partition: past the partitioned
   * table COPY inserts many rows at once, though a trigger notes them for the sync.
   */
  static void copy(Connection connection, List<EventRow> rows) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    String partition = partition(rows);
    Reserved reserved = reserve(connection, partition, (rows.size() + BLOCK - 1) / BLOCK);
    var copy = new CopyRows(reserved.hasPartition() ? partition : TABLE, COLUMNS);
    for (int i = 0; i < rows.size(); i++) {
      rows.get(i).write(copy, reserved.blocks().get(i / BLOCK) + i % BLOCK);
    }
    try (var statement = connection.createStatement()) {
      statement.execute("set local role none");
      copy.copy(connection);
      statement.execute("set local role backspool_writer");
    }
  }

  /** The partition of the rows' day; the table where they are of several, or of one long past. */
  private static String partition(List<EventRow> rows) {
    LocalDate day = day(rows.getFirst());
    // An old day may be dropped at any moment, and then its rows belong to the default partition.
    boolean isRecent = !day.isBefore(LocalDate.now(ZoneOffset.UTC).minusDays(1));
    return isRecent && rows.stream().allMatch(row -> day(row).equals(day))
        ? TABLE + "_" + DateTimeFormatter.BASIC_ISO_DATE.format(day)
        : TABLE;
  }

  private static LocalDate day(EventRow row) {
    return LocalDate.ofInstant(row.receivedAt, ZoneOffset.UTC);
  }

  /** Where each block of ids begins, and whether there is such a partition. */
  private record Reserved(List<Long> blocks, boolean hasPartition) {}

  private static Reserved reserve(Connection connection, String partition, int count)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            "select nextval('event_id'), to_regclass(?) is not null from generate_series(1, ?)")) {
      statement.setString(1, partition);
      statement.setInt(2, count);
      var blocks = new ArrayList<Long>(count);
      boolean hasPartition = false;
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          blocks.add(rows.getLong(1));
          hasPartition = rows.getBoolean(2);
        }
      }
      return new Reserved(blocks, hasPartition);
    }
  }

  private void write(CopyRows copy, long id) {
    Place place = circumstances.place();
    Geo geo = circumstances.geo();
    Agent agent = circumstances.agent();
    copy.row()
        .uuid(project)
        .longs(id)
        .instant(at)
        .instant(receivedAt)
        .text(name)
        .uuid(session)
        .text(device)
        .text(profile)
        .text(place.path())
        .text(place.origin())
        .text(place.referrer().url())
        .text(place.referrer().name())
        .text(place.referrer().type())
        .longs(revenue)
        .longs(durationMs)
        .text(geo.country())
        .text(geo.region())
        .text(geo.city())
        .real(geo.latitude())
        .real(geo.longitude())
        .text(agent.os())
        .text(agent.osVersion())
        .text(agent.browser())
        .text(agent.browserVersion())
        .text(agent.device())
        .text(agent.brand())
        .text(agent.model())
        .text(sdkName)
        .text(sdkVersion)
        .texts(groups)
        .text(properties);
  }
}
