package dev.backspool.sync;

import dev.backspool.postgres.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of changes themselves, for who counts by them; by the index, and never all of them.
 */
public final class Numbers {
  private static final int MOST_GONE = 10_000;

  private final Database database;
  private final Statuses statuses;

  Numbers(Database database, Statuses statuses) {
    this.database = database;
    this.statuses = statuses;
  }

  /**
   * The keys noted of one source.
   *
   * @param least the number of the key whose change is the oldest of those noted; null when there
   *     is none
   * @param most the same of the latest
   * @param latestAt when that was made
   */
  public record OfSource(@Nullable Long least, @Nullable Long most, @Nullable Instant latestAt) {
    private static final OfSource NOTHING = new OfSource(null, null, null);
  }

  /** Keys of one source that were deleted and are still there, up to ten thousand. */
  public record Gone(long keys, @Nullable Long least, @Nullable Long most) {
    public static final Gone NOTHING = new Gone(0, null, null);

    /** Both together. */
    public Gone plus(Gone other) {
      return new Gone(
          keys + other.keys,
          either(least, other.least, Math::min),
          either(most, other.most, Math::max));
    }

    private static @Nullable Long either(
        @Nullable Long one, @Nullable Long other, BinaryOperator<Long> joined) {
      return Stream.of(one, other).filter(Objects::nonNull).reduce(joined).orElse(null);
    }
  }

  /**
   * Of a project, or of all.
   *
   * @param rows how many rows there are, about
   * @param inFlight places where somebody is at work
   * @param stale places where somebody was until more than five minutes ago, and said nothing since
   */
  public record All(
      Map<Source, Long> rows,
      Map<Source, OfSource> sources,
      Map<Source, Gone> gone,
      long inFlight,
      long stale) {

    /** How many rows a source has, about. */
    public long rows(Source source) {
      return rows.getOrDefault(source, 0L);
    }

    /** The keys noted of one source. */
    public OfSource of(Source source) {
      return sources.getOrDefault(source, OfSource.NOTHING);
    }

    /** Those among them that were deleted. */
    public Gone goneOf(Source source) {
      return gone.getOrDefault(source, Gone.NOTHING);
    }
  }

  /**
   * Looks.
   *
   * @param project null for all
   */
  public All of(@Nullable UUID project) {
    Map<Source, Long> rows = statuses.rows(project);
    return database.write(handle -> {
      List<Integer> sources = Arrays.stream(Source.values()).map(Source::number).toList();
      var known = new HashMap<Source, OfSource>();
      handle
          .createQuery(
              """
              select source, min(oldest.seq) as least, max(latest.seq) as most,
                max(latest.changed_at) as latest_at
              from project
              cross join unnest(cast(:sources as smallint[])) as source
              cross join lateral (
                select seq from sync_key
                where sync_key.project_id = project.id and sync_key.source = source.source
                order by xid, seq
                limit 1
              ) as oldest
              cross join lateral (
                select seq, changed_at from sync_key
                where sync_key.project_id = project.id and sync_key.source = source.source
                order by xid desc, seq desc
                limit 1
              ) as latest
              where cast(:project as uuid) is null or project.id = cast(:project as uuid)
              group by source
              """)
          .bind("project", project)
          .bindArray("sources", Integer.class, sources)
          .map((row, _) ->
              known.put(
                  source(row),
                  new OfSource(
                      row.getLong("least"),
                      row.getLong("most"),
                      row.getObject("latest_at", OffsetDateTime.class).toInstant())))
          .list();
      var gone = new HashMap<Source, Gone>();
      handle
          .createQuery(
              """
              select source, count(*) as keys, min(seq) as least, max(seq) as most
              from (
                select source, seq from sync_key
                where is_gone
                  and (cast(:project as uuid) is null or project_id = cast(:project as uuid))
                limit %d
              ) as those
              group by source
              """
                  .formatted(MOST_GONE))
          .bind("project", project)
          .map((row, _) ->
              gone.put(
                  source(row),
                  new Gone(row.getLong("keys"), row.getLong("least"), row.getLong("most"))))
          .list();
      return handle
          .createQuery(
              """
              select
                count(*) filter (where leased_until > now()) as in_flight,
                count(*) filter (where leased_until < now() - interval '5 minutes') as stale
              from job
              where name like 'sync ________-%'
                and (cast(:project as text) is null or name like '% ' || cast(:project as text))
              """)
          .bind("project", project == null ? null : project.toString())
          .map((row, _) ->
              new All(rows, known, gone, row.getLong("in_flight"), row.getLong("stale")))
          .one();
    });
  }

  private static Source source(ResultSet row) throws SQLException {
    int number = row.getInt("source");
    return Arrays.stream(Source.values())
        .filter(source -> source.number() == number)
        .findFirst()
        .orElseThrow();
  }
}
