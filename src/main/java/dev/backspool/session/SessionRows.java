package dev.backspool.session;

import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Widens the bounds and counts of sessions: merged by LEAST and GREATEST in one statement. */
public final class SessionRows {
  private SessionRows() {}

  /**
   * What a group of chunks adds to one session. Times are server time in epoch ms.
   *
   * @param name the SDK's name of the session, null where only the server names it
   * @param opener the {@link Opener#key} that opened it
   */
  public record Widening(
      UUID project,
      UUID session,
      @Nullable String name,
      String opener,
      Source source,
      long firstMs,
      long lastMs,
      long firstReceivedMs,
      long lastReceivedMs,
      int chunks,
      long events,
      int clicks,
      int inputs,
      int errors,
      int pages,
      long rawBytes,
      long storedBytes,
      boolean fullSnapshot,
      Visitor visitor) {

    /** Both together. What the later one knows of the visitor wins. */
    public Widening plus(Widening later) {
      return new Widening(
          project,
          session,
          name,
          opener,
          source,
          Math.min(firstMs, later.firstMs),
          Math.max(lastMs, later.lastMs),
          Math.min(firstReceivedMs, later.firstReceivedMs),
          Math.max(lastReceivedMs, later.lastReceivedMs),
          chunks + later.chunks,
          events + later.events,
          clicks + later.clicks,
          inputs + later.inputs,
          errors + later.errors,
          pages + later.pages,
          rawBytes + later.rawBytes,
          storedBytes + later.storedBytes,
          fullSnapshot || later.fullSnapshot,
          new Visitor(
              either(later.visitor.userAgent(), visitor.userAgent()),
              either(visitor.screen(), later.visitor.screen()),
              either(visitor.deviceInfo(), later.visitor.deviceInfo()),
              either(later.visitor.profileId(), visitor.profileId()),
              either(later.visitor.profileName(), visitor.profileName()),
              either(later.visitor.profileEmail(), visitor.profileEmail())));
    }

    private static @Nullable String either(@Nullable String first, @Nullable String second) {
      return first != null ? first : second;
    }
  }

  /**
   * Makes each session or widens it.
   *
   * @param widenings one for each session, sorted by project and session
   */
  public static void widen(Connection connection, List<Widening> widenings) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into session as known (
              project_id, id, name, opener, source, started_at, last_event_at, first_received_at,
              last_received_at, chunk_count, event_count, click_count, input_count, error_count,
              page_count, raw_bytes, stored_bytes, has_full_snapshot, user_agent, screen,
              device_info, profile_id, profile_name, profile_email, hot_since, hot_chunks,
              hot_bytes)
            select
              project_id, id, name, opener, source, to_timestamp(first_ms / 1000.0),
              to_timestamp(last_ms / 1000.0), to_timestamp(first_received_ms / 1000.0),
              to_timestamp(last_received_ms / 1000.0), chunks, events, clicks, inputs, errors,
              pages, raw_bytes, stored_bytes, full_snapshot, user_agent, screen,
              device_info, profile_id, profile_name, profile_email,
              to_timestamp(first_received_ms / 1000.0), chunks, stored_bytes
            from unnest(
              ?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[],
              ?::bigint[], ?::bigint[], ?::int[], ?::bigint[], ?::int[], ?::int[], ?::int[], ?::int[],
              ?::bigint[], ?::bigint[], ?::boolean[], ?::text[], ?::text[], ?::text[], ?::text[],
              ?::text[], ?::text[])
              as widening (
                project_id, id, name, opener, source, first_ms, last_ms, first_received_ms,
                last_received_ms, chunks, events, clicks, inputs, errors, pages, raw_bytes,
                stored_bytes, full_snapshot, user_agent, screen, device_info, profile_id,
                profile_name, profile_email)
            on conflict (project_id, id) do update set
              started_at = least(known.started_at, excluded.started_at),
              last_event_at = greatest(known.last_event_at, excluded.last_event_at),
              first_received_at = least(known.first_received_at, excluded.first_received_at),
              last_received_at = greatest(known.last_received_at, excluded.last_received_at),
              chunk_count = known.chunk_count + excluded.chunk_count,
              event_count = known.event_count + excluded.event_count,
              click_count = known.click_count + excluded.click_count,
              input_count = known.input_count + excluded.input_count,
              error_count = known.error_count + excluded.error_count,
              page_count = known.page_count + excluded.page_count,
              raw_bytes = known.raw_bytes + excluded.raw_bytes,
              stored_bytes = known.stored_bytes + excluded.stored_bytes,
              has_full_snapshot = known.has_full_snapshot or excluded.has_full_snapshot,
              user_agent = coalesce(known.user_agent, excluded.user_agent),
              screen = coalesce(known.screen, excluded.screen),
              device_info = coalesce(known.device_info, excluded.device_info),
              profile_id = coalesce(excluded.profile_id, known.profile_id),
              profile_name = coalesce(excluded.profile_name, known.profile_name),
              profile_email = coalesce(excluded.profile_email, known.profile_email),
              hot_since = least(known.hot_since, excluded.hot_since),
              hot_chunks = known.hot_chunks + excluded.hot_chunks,
              hot_bytes = known.hot_bytes + excluded.hot_bytes
            """)) {
      new Columns<>(statement, widenings)
          .uuids(Widening::project)
          .uuids(Widening::session)
          .text(Widening::name)
          .text(Widening::opener)
          .text(w -> w.source().code())
          .longs(Widening::firstMs)
          .longs(Widening::lastMs)
          .longs(Widening::firstReceivedMs)
          .longs(Widening::lastReceivedMs)
          .ints(Widening::chunks)
          .longs(Widening::events)
          .ints(Widening::clicks)
          .ints(Widening::inputs)
          .ints(Widening::errors)
          .ints(Widening::pages)
          .longs(Widening::rawBytes)
          .longs(Widening::storedBytes)
          .booleans(Widening::fullSnapshot)
          .text(w -> w.visitor().userAgent())
          .text(w -> w.visitor().screen())
          .text(w -> w.visitor().deviceInfo())
          .text(w -> w.visitor().profileId())
          .text(w -> w.visitor().profileName())
          .text(w -> w.visitor().profileEmail());
      statement.executeUpdate();
    }
  }
}
