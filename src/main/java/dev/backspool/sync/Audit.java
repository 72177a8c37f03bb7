package dev.backspool.sync;

import java.util.Map;

/**
 * Where the verifier looks for the rows that a mapping promises: in the tables themselves, said
 * once more and in other words than {@link Mappings}, so that a mistake there is not one here.
 *
 * @param from the table, with {@code project_id}
 * @param values what fills a column that the table has not under its name
 */
record Audit(String from, Map<String, String> values) {
  private static final Map<String, Audit> AUDITS =
      Map.of(
          "projects",
          new Audit("(select *, id as project_id from project) as it", Map.of()),
          "write_keys",
          new Audit(
              """
              (
                select id as project_id, 'sdk' as kind, sdk_key as value, created_at from project
                union all select id, 'publishable', publishable_key, created_at from project
                union all select id, 'client', client_id::text, created_at from project
              ) as it
              """,
              Map.of("begins_with", "substring(value from 1 for 8)")),
          "profiles",
          new Audit("profile", Map.of()),
          "groups",
          new Audit("profile_group", Map.of()),
          "group_memberships",
          new Audit(
              """
              (
                select distinct project_id, profile.id as profile_id, member as group_id
                from profile, unnest(profile.groups) as member
              ) as it
              """,
              Map.of()),
          "sessions",
          new Audit(
              "session",
              Map.ofEntries(
                  Map.entry(
                      "duration_ms",
                      "(date_part('epoch', last_event_at - started_at) * 1000)::bigint"),
                  Map.entry("ended_at", "ended_event_at"),
                  Map.entry("event_count", "tracked_count"),
                  Map.entry("referrer", told("referrer")),
                  Map.entry("referrer_name", told("referrerName")),
                  Map.entry("referrer_type", told("referrerType")),
                  Map.entry("utm_source", told("utm_source")),
                  Map.entry("utm_medium", told("utm_medium")),
                  Map.entry("utm_campaign", told("utm_campaign")),
                  Map.entry("utm_term", told("utm_term")),
                  Map.entry("utm_content", told("utm_content")),
                  Map.entry("country", told("country")),
                  Map.entry("region", told("region")),
                  Map.entry("city", told("city")),
                  Map.entry("os", told("os")),
                  Map.entry("os_version", told("osVersion")),
                  Map.entry("browser", told("browser")),
                  Map.entry("browser_version", told("browserVersion")),
                  Map.entry("device", told("device")),
                  Map.entry("brand", told("brand")),
                  Map.entry("model", told("model")),
                  Map.entry("has_recording", "chunk_count > 0"))),
          "recordings",
          new Audit("(select * from session where has_recording) as it", Map.of()),
          "events",
          new Audit("event", Map.of("groups", "coalesce(groups, array[]::text[])")));

  private static String told(String name) {
    return "jsonb_extract_path_text(first_event, '%s')".formatted(name);
  }

  /** Of a mapping; one that is not known here is looked for where it says itself. */
  static Audit of(Mapping mapping) {
    Audit known = AUDITS.get(mapping.id());
    return known == null ? new Audit("(" + mapping.query() + ") as it", Map.of()) : known;
  }

  /**
   * What fills a column.
   *
   * @param asSent whether JSON is compared as it was sent, and not as PostgreSQL spells it
   */
  String value(Column column, boolean asSent) {
    String value = values.getOrDefault(column.name(), '"' + column.name() + '"');
    return column.type() == Column.Type.JSON && !asSent
        // What PostgreSQL cannot spell it did not take; it is in quarantine.
        ? "case when %1$s::text like '%%\\u0000%%' then %1$s::text else %1$s::jsonb::text end"
            .formatted(value)
        : value;
  }
}
