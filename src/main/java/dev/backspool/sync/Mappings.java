package dev.backspool.sync;

import static dev.backspool.sync.Column.Type.BIGINT;
import static dev.backspool.sync.Column.Type.BOOLEAN;
import static dev.backspool.sync.Column.Type.INTEGER;
import static dev.backspool.sync.Column.Type.JSON;
import static dev.backspool.sync.Column.Type.REAL;
import static dev.backspool.sync.Column.Type.TEXT;
import static dev.backspool.sync.Column.Type.TEXTS;
import static dev.backspool.sync.Column.Type.TIMESTAMP;
import static dev.backspool.sync.Column.Type.UUID;
import static dev.backspool.sync.Column.Type.WORD;

import java.util.List;

/** Everything that is copied. A secret is in none of it. */
public final class Mappings {
  static final Mapping PROJECTS =
      new Mapping(
          "projects",
          Source.PROJECT,
          1,
          List.of(Column.of("id", UUID)),
          List.of(
              Column.of("name", TEXT),
              Column.of("platform", WORD),
              Column.nullable("recording_days", INTEGER),
              Column.nullable("event_days", INTEGER),
              Column.of("created_at", TIMESTAMP)),
          null,
          """
          select id as project_id, id, name, platform, recording_days, event_days, created_at
          from project
          """);

  /** That a project has a key and what it begins with, never the key. */
  static final Mapping WRITE_KEYS =
      new Mapping(
          "write_keys",
          Source.WRITE_KEY,
          1,
          List.of(Column.of("kind", TEXT)),
          List.of(Column.of("begins_with", TEXT), Column.of("created_at", TIMESTAMP)),
          null,
          """
          select project.id as project_id, kind, left(value, 8) as begins_with, created_at
          from project
          cross join lateral (
            values ('sdk', sdk_key), ('publishable', publishable_key), ('client', client_id::text)
          ) as write_key (kind, value)
          """);

  static final Mapping PROFILES =
      new Mapping(
          "profiles",
          Source.PROFILE,
          1,
          List.of(Column.of("id", TEXT)),
          List.of(
              Column.nullable("first_name", TEXT),
              Column.nullable("last_name", TEXT),
              Column.nullable("email", TEXT),
              Column.nullable("avatar", TEXT),
              Column.of("properties", JSON),
              Column.of("groups", TEXTS),
              Column.of("first_seen_at", TIMESTAMP),
              Column.of("last_seen_at", TIMESTAMP)),
          null,
          """
          select
            project_id, id, first_name, last_name, email, avatar, properties, groups, first_seen_at,
            last_seen_at
          from profile
          """);

  static final Mapping GROUPS =
      new Mapping(
          "groups",
          Source.GROUP,
          1,
          List.of(Column.of("id", TEXT)),
          List.of(
              Column.of("type", WORD),
              Column.of("name", TEXT),
              Column.of("properties", JSON),
              Column.of("created_at", TIMESTAMP),
              Column.of("updated_at", TIMESTAMP)),
          null,
          "select project_id, id, type, name, properties, created_at, updated_at from profile_group");

  static final Mapping GROUP_MEMBERSHIPS =
      new Mapping(
          "group_memberships",
          Source.MEMBERSHIP,
          1,
          List.of(Column.of("profile_id", TEXT), Column.of("group_id", TEXT)),
          List.of(),
          null,
          """
          select project_id, id as profile_id, group_id
          from profile
          cross join lateral (select distinct unnest(groups)) as member (group_id)
          """);

  static final Mapping SESSIONS =
      new Mapping(
          "sessions",
          Source.SESSION,
          1,
          List.of(Column.of("id", UUID)),
          List.of(
              Column.nullable("name", TEXT),
              Column.of("source", WORD),
              Column.nullable("profile_id", TEXT),
              Column.nullable("device_id", TEXT),
              Column.of("started_at", TIMESTAMP),
              Column.of("last_event_at", TIMESTAMP),
              Column.of("duration_ms", BIGINT),
              Column.nullable("ended_at", TIMESTAMP),
              Column.of("event_count", BIGINT),
              Column.of("screen_view_count", INTEGER),
              Column.of("revenue", BIGINT),
              Column.of("groups", TEXTS),
              Column.nullable("entry_path", TEXT),
              Column.nullable("entry_origin", TEXT),
              Column.nullable("exit_path", TEXT),
              Column.nullable("exit_origin", TEXT),
              Column.nullable("referrer", TEXT),
              Column.nullable("referrer_name", WORD),
              Column.nullable("referrer_type", WORD),
              Column.nullable("utm_source", WORD),
              Column.nullable("utm_medium", WORD),
              Column.nullable("utm_campaign", WORD),
              Column.nullable("utm_term", TEXT),
              Column.nullable("utm_content", TEXT),
              Column.nullable("country", WORD),
              Column.nullable("region", WORD),
              Column.nullable("city", WORD),
              Column.nullable("os", WORD),
              Column.nullable("os_version", WORD),
              Column.nullable("browser", WORD),
              Column.nullable("browser_version", WORD),
              Column.nullable("device", WORD),
              Column.nullable("brand", WORD),
              Column.nullable("model", WORD),
              Column.nullable("user_agent", TEXT),
              Column.nullable("screen", WORD),
              Column.of("has_recording", BOOLEAN),
              Column.of("first_received_at", TIMESTAMP),
              Column.of("last_received_at", TIMESTAMP)),
          null,
          """
          select
            project_id, id, name, source, profile_id, device_id, started_at, last_event_at,
            (extract(epoch from last_event_at - started_at) * 1000)::bigint as duration_ms,
            ended_event_at as ended_at, tracked_count as event_count, screen_view_count, revenue,
            groups, entry_path, entry_origin, exit_path, exit_origin,
            first_event ->> 'referrer' as referrer,
            first_event ->> 'referrerName' as referrer_name,
            first_event ->> 'referrerType' as referrer_type,
            first_event ->> 'utm_source' as utm_source,
            first_event ->> 'utm_medium' as utm_medium,
            first_event ->> 'utm_campaign' as utm_campaign,
            first_event ->> 'utm_term' as utm_term,
            first_event ->> 'utm_content' as utm_content,
            first_event ->> 'country' as country,
            first_event ->> 'region' as region,
            first_event ->> 'city' as city,
            first_event ->> 'os' as os,
            first_event ->> 'osVersion' as os_version,
            first_event ->> 'browser' as browser,
            first_event ->> 'browserVersion' as browser_version,
            first_event ->> 'device' as device,
            first_event ->> 'brand' as brand,
            first_event ->> 'model' as model,
            user_agent, screen, has_recording, first_received_at, last_received_at
          from session
          """);

  static final Mapping RECORDINGS =
      new Mapping(
          "recordings",
          Source.RECORDING,
          1,
          List.of(Column.of("id", UUID)),
          List.of(
              Column.nullable("profile_id", TEXT),
              Column.of("started_at", TIMESTAMP),
              Column.of("last_event_at", TIMESTAMP),
              Column.of("chunk_count", INTEGER),
              Column.of("event_count", BIGINT),
              Column.of("click_count", INTEGER),
              Column.of("input_count", INTEGER),
              Column.of("error_count", INTEGER),
              Column.of("page_count", INTEGER),
              Column.of("raw_bytes", BIGINT),
              Column.of("stored_bytes", BIGINT),
              Column.of("has_full_snapshot", BOOLEAN),
              Column.nullable("kept_at", TIMESTAMP),
              Column.of("last_received_at", TIMESTAMP)),
          null,
          """
          select
            project_id, id, profile_id, started_at, last_event_at, chunk_count, event_count,
            click_count, input_count, error_count, page_count, raw_bytes, stored_bytes,
            has_full_snapshot, kept_at, last_received_at
          from session
          where chunk_count > 0
          """);

  static final Mapping EVENTS =
      new Mapping(
          "events",
          Source.EVENT,
          1,
          List.of(Column.of("id", BIGINT)),
          List.of(
              Column.of("at", TIMESTAMP),
              Column.of("received_at", TIMESTAMP),
              Column.of("name", WORD),
              Column.nullable("session_id", UUID),
              Column.nullable("device_id", TEXT),
              Column.nullable("profile_id", TEXT),
              Column.nullable("path", TEXT),
              Column.nullable("origin", WORD),
              Column.nullable("referrer", TEXT),
              Column.nullable("referrer_name", WORD),
              Column.nullable("referrer_type", WORD),
              Column.nullable("revenue", BIGINT),
              Column.nullable("duration_ms", BIGINT),
              Column.nullable("country", WORD),
              Column.nullable("region", WORD),
              Column.nullable("city", WORD),
              Column.nullable("latitude", REAL),
              Column.nullable("longitude", REAL),
              Column.nullable("os", WORD),
              Column.nullable("os_version", WORD),
              Column.nullable("browser", WORD),
              Column.nullable("browser_version", WORD),
              Column.nullable("device", WORD),
              Column.nullable("brand", WORD),
              Column.nullable("model", WORD),
              Column.nullable("sdk_name", WORD),
              Column.nullable("sdk_version", WORD),
              Column.of("groups", TEXTS),
              Column.of("properties", JSON)),
          "received_at",
          """
          select
            project_id, id, at, received_at, name, session_id, device_id, profile_id, path, origin,
            referrer, referrer_name, referrer_type, revenue, duration_ms, country, region, city,
            latitude, longitude, os, os_version, browser, browser_version, device, brand, model,
            sdk_name, sdk_version, coalesce(groups, '{}') as groups, properties
          from event
          """);

  /** All of them; what has most rows comes last. */
  public static final List<Mapping> ALL =
      List.of(
          PROJECTS, WRITE_KEYS, PROFILES, GROUPS, GROUP_MEMBERSHIPS, SESSIONS, RECORDINGS, EVENTS);

  private Mappings() {}
}
