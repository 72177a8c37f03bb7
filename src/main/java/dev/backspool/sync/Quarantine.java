package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.sync.Page.Row;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows of a project that a sink does not take. The next change of such a row tries again. */
final class Quarantine {
  private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);
  private static final int MOST_REASON = 500;

  private final Database database;
  private final UUID sink;
  private final Set<Place> known;

  private record Place(String mapping, List<Object> key) {}

  /** As it stands: whoever has the lease of the sink and project is the only one to change it. */
  Quarantine(Database database, UUID sink, UUID project, List<Mapping> mappings) {
    this.database = database;
    this.sink = sink;
    Map<String, Source> sources =
        mappings.stream().collect(Collectors.toMap(Mapping::id, Mapping::source));
    known = new HashSet<>();
    database.write(handle ->
        handle
            .createQuery(
                """
                select mapping, key from sync_quarantine
                where sink_id = :sink and project_id = :project
                """)
            .bind("sink", sink)
            .bind("project", project)
            .map((row, _) -> {
              Source source = sources.get(row.getString("mapping"));
              return source != null
                  && known.add(
                      new Place(row.getString("mapping"), source.read(row.getBytes("key"))));
            })
            .list());
  }

  /** Puts a row in, or renews why it is. */
  void add(Page page, Row row, String reason) {
    Mapping mapping = page.mapping();
    LOG.warn(
        "A row of {} in project {} is not taken by sink {}: {}",
        mapping,
        page.project(),
        sink,
        reason);
    database.write(handle ->
        handle
            .createUpdate(
                """
                insert into sync_quarantine as known (
                  sink_id, project_id, mapping, key, version, reason)
                values (:sink, :project, :mapping, :key, :version, :reason)
                on conflict (sink_id, project_id, mapping, key) do update set
                  version = excluded.version, reason = excluded.reason, since = excluded.since
                """)
            .bind("sink", sink)
            .bind("project", page.project())
            .bind("mapping", mapping.id())
            .bind("key", mapping.source().write(row.key()))
            .bind("version", row.version())
            .bind(
                "reason", reason.length() > MOST_REASON ? reason.substring(0, MOST_REASON) : reason)
            .execute());
    known.add(new Place(mapping.id(), row.key()));
  }

  /** Lets out the rows of a page that the sink has taken. */
  void release(Page page) {
    if (known.isEmpty()) {
      return;
    }
    Mapping mapping = page.mapping();
    for (Row row : page.rows()) {
      if (known.remove(new Place(mapping.id(), row.key()))) {
        database.write(handle ->
            handle
                .createUpdate(
                    """
                    delete from sync_quarantine
                    where sink_id = :sink and project_id = :project and mapping = :mapping
                      and key = :key
                    """)
                .bind("sink", sink)
                .bind("project", page.project())
                .bind("mapping", mapping.id())
                .bind("key", mapping.source().write(row.key()))
                .execute());
      }
    }
  }

  /** Lets out what a full load of a mapping did not find any more. */
  void releaseOlder(Cursor cursor) {
    database.write(handle ->
        handle
            .createUpdate(
                """
                delete from sync_quarantine
                where sink_id = :sink and project_id = :project and mapping = :mapping
                  and version < :version
                """)
            .bind("sink", sink)
            .bind("project", cursor.project())
            .bind("mapping", cursor.mapping().id())
            .bind("version", cursor.version(0))
            .execute());
  }
}
