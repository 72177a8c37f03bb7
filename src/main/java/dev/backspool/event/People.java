package dev.backspool.event;

import dev.backspool.event.StoredEvents.RowOutcome;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The profiles and groups that a transaction changes. Known profiles are locked as they are read,
 * so that changes of one profile follow each other; what is applied is written once for each
 * profile.
 */
final class People {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** A profile or a group of a project. */
  record Key(UUID project, String id) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byProject = project.compareTo(other.project);
      return byProject != 0 ? byProject : id.compareTo(other.id);
    }
  }

  private static final class Profile {
    final boolean known;
    boolean changed;
    @Nullable String firstName;
    @Nullable String lastName;
    @Nullable String email;
    @Nullable String avatar;
    ObjectNode properties = JSON.createObjectNode();
    final TreeSet<String> groups = new TreeSet<>();
    long seenMs;

    Profile(boolean known) {
      this.known = known;
    }

    boolean exists() {
      return known || changed;
    }
  }

  private static final class Group {
    String type = "";
    String name = "";
    final ObjectNode properties = JSON.createObjectNode();
    long atMs;
  }

  private final Map<Key, Profile> profiles = new TreeMap<>();
  private final Map<Key, Group> groups = new TreeMap<>();
  private final Map<Key, Long> seen = new TreeMap<>();

  /** Reads and locks the profiles that are about to change. */
  static People load(Connection connection, Collection<Key> keys) throws SQLException {
    var people = new People();
    if (!keys.isEmpty()) {
      people.read(connection, keys.stream().sorted().distinct().toList());
    }
    return people;
  }

  private void read(Connection connection, List<Key> keys) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select
              project_id, id, first_name, last_name, email, avatar, properties::text, groups
            from profile
            where (project_id, id) in (
              select project_id, id from unnest(?::uuid[], ?::text[]) as wanted (project_id, id))
            order by project_id, id
            for update
            """)) {
      new Columns<>(statement, keys).uuids(Key::project).text(Key::id);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          var profile = new Profile(true);
          profile.firstName = rows.getString(3);
          profile.lastName = rows.getString(4);
          profile.email = rows.getString(5);
          profile.avatar = rows.getString(6);
          profile.properties = (ObjectNode) JSON.readTree(rows.getString(7));
          profile.groups.addAll(List.of((String[]) rows.getArray(8).getArray()));
          profiles.put(new Key(rows.getObject(1, UUID.class), rows.getString(2)), profile);
        }
      }
    }
  }

  private Profile profile(Key key) {
    return profiles.computeIfAbsent(key, _ -> new Profile(false));
  }

  /** Notes that the person did something. */
  void see(UUID project, String profile, long atMs) {
    seen.merge(new Key(project, profile), atMs, Math::max);
  }

  RowOutcome identify(UUID project, Row.Identify row, long atMs) {
    Profile profile = profile(new Key(project, row.profile()));
    profile.firstName = row.firstName() == null ? profile.firstName : row.firstName();
    profile.lastName = row.lastName() == null ? profile.lastName : row.lastName();
    profile.email = row.email() == null ? profile.email : row.email();
    profile.avatar = row.avatar() == null ? profile.avatar : row.avatar();
    row.properties().forEach(profile.properties::put);
    change(profile, atMs);
    return RowOutcome.STORED;
  }

  RowOutcome increment(UUID project, Row.Increment row, long atMs) {
    Profile profile = profile(new Key(project, row.profile()));
    if (!profile.exists()) {
      return RowOutcome.NO_PROFILE;
    }
    Long before = number(profile.properties, row.property());
    if (before == null) {
      return RowOutcome.NO_NUMBER;
    }
    put(profile.properties, row.property(), before + row.by());
    change(profile, atMs);
    return RowOutcome.STORED;
  }

  /** The whole number at a path; 0 where nothing is, null where something else is. */
  private static @Nullable Long number(ObjectNode properties, String path) {
    JsonNode value = at(properties, path);
    if (value == null || value.isNull()) {
      return 0L;
    }
    try {
      return value.isNumber() ? (Long) value.asLong() : Long.valueOf(value.asString().strip());
    } catch (RuntimeException e) {
      return null;
    }
  }

  private static @Nullable JsonNode at(ObjectNode properties, String path) {
    JsonNode whole = properties.get(path);
    if (whole != null) {
      return whole;
    }
    JsonNode node = properties;
    for (String step : path.split("\\.", -1)) {
      node = node == null ? null : node.get(step);
    }
    return node;
  }

  /** Numbers lie flat under their path, as all properties do, unless an object is there already. */
  private static void put(ObjectNode properties, String path, long value) {
    int dot = path.lastIndexOf('.');
    JsonNode parent =
        dot < 0 || properties.has(path) ? null : at(properties, path.substring(0, dot));
    if (parent instanceof ObjectNode object) {
      object.put(path.substring(dot + 1), value);
    } else {
      properties.put(path, value);
    }
  }

  RowOutcome assign(UUID project, String profileId, List<String> added, long atMs) {
    Profile profile = profile(new Key(project, profileId));
    profile.groups.addAll(added);
    change(profile, atMs);
    return RowOutcome.STORED;
  }

  RowOutcome define(UUID project, Row.DefineGroup row, long atMs) {
    Group group = groups.computeIfAbsent(new Key(project, row.id()), _ -> new Group());
    group.type = row.type();
    group.name = row.name();
    row.properties().forEach(group.properties::put);
    group.atMs = Math.max(group.atMs, atMs);
    return RowOutcome.STORED;
  }

  private static void change(Profile profile, long atMs) {
    profile.changed = true;
    profile.seenMs = Math.max(profile.seenMs, atMs);
  }

  /** Writes what has changed. */
  void write(Connection connection) throws SQLException {
    var changed = profiles.entrySet().stream().filter(e -> e.getValue().changed).toList();
    if (!changed.isEmpty()) {
      writeProfiles(connection, changed);
      changed.forEach(entry -> seen.remove(entry.getKey()));
    }
    if (!seen.isEmpty()) {
      writeSeen(connection, List.copyOf(seen.entrySet()));
    }
    if (!groups.isEmpty()) {
      writeGroups(connection, List.copyOf(groups.entrySet()));
    }
  }

  private static void writeProfiles(Connection connection, List<Map.Entry<Key, Profile>> changed)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into profile as known (
              project_id, id, first_name, last_name, email, avatar, properties, groups,
              first_seen_at, last_seen_at)
            select
              project_id, id, first_name, last_name, email, avatar, properties::jsonb,
              groups::text[], at(seen), at(seen)
            from unnest(
              ?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
              ?::text[], ?::bigint[])
              as changed (
                project_id, id, first_name, last_name, email, avatar, properties, groups, seen)
            on conflict (project_id, id) do update set
              first_name = excluded.first_name,
              last_name = excluded.last_name,
              email = excluded.email,
              avatar = excluded.avatar,
              properties = excluded.properties,
              groups = excluded.groups,
              last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)
            returning project_id, id, xmax = 0
            """)) {
      new Columns<>(statement, changed)
          .uuids(e -> e.getKey().project())
          .text(e -> e.getKey().id())
          .text(e -> e.getValue().firstName)
          .text(e -> e.getValue().lastName)
          .text(e -> e.getValue().email)
          .text(e -> e.getValue().avatar)
          .text(e -> e.getValue().properties.toString())
          .text(e -> Columns.array(e.getValue().groups))
          .longs(e -> e.getValue().seenMs);
      var unknown = new ArrayList<Key>();
      changed.stream().filter(e -> !e.getValue().known).forEach(e -> unknown.add(e.getKey()));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (rows.getBoolean(3)) {
            unknown.remove(new Key(rows.getObject(1, UUID.class), rows.getString(2)));
          }
        }
      }
      if (!unknown.isEmpty()) {
        // Somebody made one of them since we looked: what they wrote must not be written over.
        throw new Transaction.Overtaken();
      }
    }
  }

  /** A person's last sign of life is kept to the minute: not every event writes their row. */
  private static void writeSeen(Connection connection, List<Map.Entry<Key, Long>> seen)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into profile as known (project_id, id, first_seen_at, last_seen_at)
            select project_id, id, at(seen), at(seen)
            from unnest(?::uuid[], ?::text[], ?::bigint[]) as seen (project_id, id, seen)
            where not exists (
              select from profile
              where
                profile.project_id = seen.project_id
                and profile.id = seen.id
                and profile.first_seen_at <= at(seen)
                and profile.last_seen_at > at(seen) - interval '1 minute')
            on conflict (project_id, id) do update set
              first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
              last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)
            """)) {
      new Columns<>(statement, seen)
          .uuids(e -> e.getKey().project())
          .text(e -> e.getKey().id())
          .longs(Map.Entry::getValue);
      statement.executeUpdate();
    }
  }

  private static void writeGroups(Connection connection, List<Map.Entry<Key, Group>> groups)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into profile_group as known (
              project_id, id, type, name, properties, created_at, updated_at)
            select project_id, id, type, name, properties::jsonb, at(seen), at(seen)
            from unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[])
              as defined (project_id, id, type, name, properties, seen)
            on conflict (project_id, id) do update set
              type = excluded.type,
              name = excluded.name,
              properties = known.properties || excluded.properties,
              updated_at = greatest(known.updated_at, excluded.updated_at)
            """)) {
      new Columns<>(statement, groups)
          .uuids(e -> e.getKey().project())
          .text(e -> e.getKey().id())
          .text(e -> e.getValue().type)
          .text(e -> e.getValue().name)
          .text(e -> e.getValue().properties.toString())
          .longs(e -> e.getValue().atMs);
      statement.executeUpdate();
    }
  }
}
