package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.Lease;
import dev.backspool.sync.RangeSums.Sum;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;

/**
 * Holds what a sink has against what PostgreSQL has, row by row, in one snapshot. It takes the
 * place of the workers at the sink and project, brings there what is still missing up to that
 * snapshot, and compares; meanwhile nothing else arrives there.
 *
 * <p>It asks the tables themselves, and not as the sync does: see {@link Audit}.
 */
public final class SyncVerifier {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int RANGES = 1_024;

  /** Another node is at work at a sink, and does not make room. */
  public static final class Busy extends RuntimeException {
    private static final long serialVersionUID = 1;

    Busy() {
      super("Another node is at work at the sink all the time", null, false, false);
    }
  }

  /** Ranges that differ and are gone through together, as what left PostgreSQL is read for each. */
  private static final int AT_ONCE = 64;

  private final Database database;
  private final List<Mapping> mappings;
  private final Sinks sinks;
  private final Settings settings;
  private final PastEvents past;

  SyncVerifier(
      Database database, List<Mapping> mappings, Sinks sinks, Settings settings, PastEvents past) {
    this.past = past;
    this.database = database;
    this.mappings = mappings;
    this.sinks = sinks;
    this.settings = settings;
  }

  /**
   * Compares all mappings.
   *
   * @param repairs whether rows that differ are to be brought to the sink again, soon after
   * @throws SinkException when the sink does not answer
   * @throws Busy when another node is at work there for too long
   */
  public List<Comparison> verify(SinkRow row, UUID project, boolean repairs) throws SinkException {
    Held lease = new Held(take(row.id(), project), settings.lease());
    try (var _ = lease.keeping()) {
      Sink sink = sinks.open(row);
      var round =
          new Round(
              database,
              mappings,
              new Round.Place(row.id(), project),
              sink,
              row.fingerprint(),
              lease,
              settings,
              new Watcher() {},
              past);
      var found = new ArrayList<Comparison>();
      var failure = new ArrayList<SinkException>();
      database.snapshot(handle -> {
        EventTable.hold(handle);
        try {
          Map<Mapping, Optional<String>> reached = round.catchUp(handle);
          for (Mapping mapping : mappings) {
            lease.keep();
            Optional<String> obstacle =
                reached.getOrDefault(mapping, Optional.of("A newer program copies it"));
            found.add(
                obstacle.isPresent()
                    ? new Comparison(mapping.id(), 0, 0, List.of(), obstacle.get())
                    : compare(handle, sink, row.id(), project, mapping));
          }
        } catch (SinkException away) {
          failure.add(away);
        }
        return found.size();
      });
      if (!failure.isEmpty()) {
        throw failure.getFirst();
      }
      // Whoever had it meanwhile has changed what was compared.
      lease.lease().renew(null);
      if (repairs) {
        found.forEach(comparison -> repair(project, comparison));
      }
      return found;
    } finally {
      lease.lease().giveUp();
    }
  }

  /** Has whoever is at work there make room, and takes the place. */
  private Lease take(UUID sink, UUID project) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    new Pending(database).askFor(new Round.Place(sink, project));
    while (true) {
      Optional<Lease> lease =
          Lease.take(database, "sync " + sink + " " + project, Duration.ZERO, settings.lease());
      if (lease.isPresent()) {
        return lease.get();
      }
      if (System.nanoTime() > end) {
        throw new Busy();
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("The verification was interrupted", e);
      }
    }
  }

  /** What is in PostgreSQL, and what of it has left it since, against what the sink holds. */
  private Comparison compare(Handle handle, Sink sink, UUID sinkId, UUID project, Mapping mapping)
      throws SinkException {
    List<KeyRange> ranges = KeyRange.ALL.split(RANGES);
    var gone = new PastSums(new PastRows(past, handle, project, mapping), handle, sink, mapping);
    try {
      List<Sum> here =
          gone.plus(sums(handle.getConnection(), sink, project, mapping, ranges), ranges);
      List<Sum> there = sink.sums(project, mapping, ranges).sums();
      Set<List<Object>> quarantined = quarantined(sinkId, project, mapping);
      var differences = new ArrayList<Difference>();
      List<KeyRange> unequal =
          IntStream.range(0, RANGES)
              .filter(i -> !here.get(i).equals(there.get(i)))
              .mapToObj(ranges::get)
              .toList();
      for (int from = 0; from < unequal.size(); from += AT_ONCE) {
        List<KeyRange> some = unequal.subList(from, Math.min(unequal.size(), from + AT_ONCE));
        List<Map<List<Object>, Long>> left = gone.hashes(some);
        for (int i = 0; i < some.size(); i++) {
          Map<List<Object>, Long> known = left.get(i);
          known.putAll(hashes(handle.getConnection(), sink, project, mapping, some.get(i)));
          differ(
              known,
              sink.hashes(project, mapping, some.get(i)),
              (kind, key) ->
                  differences.add(
                      new Difference(
                          project,
                          mapping.id(),
                          quarantined.contains(key) ? Difference.Kind.QUARANTINED : kind,
                          key)));
        }
      }
      return new Comparison(
          mapping.id(),
          here.stream().mapToLong(Sum::rows).sum(),
          there.stream().mapToLong(Sum::rows).sum(),
          differences,
          null);
    } catch (IOException unreadable) {
      return new Comparison(
          mapping.id(),
          0,
          0,
          List.of(),
          "What has left PostgreSQL cannot be read: " + unreadable.getMessage());
    }
  }

  @FunctionalInterface
  private interface Finder {
    void found(Difference.Kind kind, List<Object> key);
  }

  private static void differ(
      Map<List<Object>, Long> here, Map<List<Object>, Long> there, Finder finder) {
    here.forEach((key, hash) -> {
      Long held = there.get(key);
      if (held == null) {
        finder.found(Difference.Kind.MISSING, key);
      } else if (!held.equals(hash)) {
        finder.found(Difference.Kind.ALTERED, key);
      }
    });
    there.keySet().stream()
        .filter(key -> !here.containsKey(key))
        .forEach(key -> finder.found(Difference.Kind.EXTRA, key));
  }

  private List<Sum> sums(
      Connection connection, Sink sink, UUID project, Mapping mapping, List<KeyRange> ranges) {
    String sql =
        """
        select width_bucket(key_hash, ?::bigint[]), count(*), sum(row_hash)
        from (select %s as key_hash, %s as row_hash from %s where project_id = ?) as hashed
        group by 1
        """
            .formatted(keyHash(sink, mapping), rowHash(sink, mapping), Audit.of(mapping).from());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(
          1, connection.createArrayOf("bigint", ranges.stream().map(KeyRange::from).toArray()));
      statement.setObject(2, project);
      var sums = new Sum[ranges.size()];
      Arrays.fill(sums, Sum.NONE);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          sums[rows.getInt(1) - 1] = new Sum(rows.getLong(2), rows.getBigDecimal(3).longValue());
        }
      }
      return List.of(sums);
    } catch (SQLException failure) {
      throw new Round.Unreadable(mapping, failure);
    }
  }

  private Map<List<Object>, Long> hashes(
      Connection connection, Sink sink, UUID project, Mapping mapping, KeyRange range) {
    Audit audit = Audit.of(mapping);
    var keys = new StringJoiner(", ");
    mapping.key().forEach(column -> keys.add(audit.value(column, true)));
    String sql =
        "select %s, %s from %s where project_id = ? and %s between ? and ?"
            .formatted(keys, rowHash(sink, mapping), audit.from(), keyHash(sink, mapping));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, project);
      statement.setLong(2, range.from());
      statement.setLong(3, range.to() - 1);
      var hashes = new HashMap<List<Object>, Long>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          var key = new ArrayList<Object>();
          for (int i = 0; i < mapping.key().size(); i++) {
            key.add(rows.getObject(i + 1));
          }
          hashes.put(key, rows.getLong(mapping.key().size() + 1));
        }
      }
      return hashes;
    } catch (SQLException failure) {
      throw new Round.Unreadable(mapping, failure);
    }
  }

  private static String keyHash(Sink sink, Mapping mapping) {
    return Hashes.key(
        mapping.key(), column -> Audit.of(mapping).value(column, sink.keepsJsonAsSent()));
  }

  private static String rowHash(Sink sink, Mapping mapping) {
    return Hashes.row(
        mapping.all(), column -> Audit.of(mapping).value(column, sink.keepsJsonAsSent()));
  }

  /** As it is by now: rows may have got there while the sink was brought up to the snapshot. */
  private Set<List<Object>> quarantined(UUID sink, UUID project, Mapping mapping) {
    return database.write(handle ->
        new HashSet<>(
            handle
                .createQuery(
                    """
                    select key from sync_quarantine
                    where sink_id = :sink and project_id = :project and mapping = :mapping
                    """)
                .bind("sink", sink)
                .bind("project", project)
                .bind("mapping", mapping.id())
                .mapTo(byte[].class)
                .map(key -> mapping.source().read(key))
                .list()));
  }

  /**
   * Notes the keys as changed: their rows are brought once more, or it is told that there is none.
   */
  private void repair(UUID project, Comparison comparison) {
    Source source =
        mappings.stream()
            .filter(mapping -> mapping.id().equals(comparison.mapping()))
            .findFirst()
            .orElseThrow()
            .source();
    List<byte[]> keys =
        comparison.differences().stream()
            .filter(difference -> difference.kind() != Difference.Kind.QUARANTINED)
            .map(difference -> source.write(difference.key()))
            .sorted(Arrays::compareUnsigned)
            .toList();
    if (keys.isEmpty()) {
      return;
    }
    database.write(handle -> {
      try (PreparedStatement statement =
          handle
              .getConnection()
              .prepareStatement(
                  """
                  insert into sync_key as known (project_id, source, key, seq, xid, is_gone)
                  select ?, ?, key, nextval('sync_seq'), pg_current_xact_id(), false
                  from unnest(cast(? as bytea[])) as key
                  on conflict (project_id, source, key) do update set
                    seq = nextval('sync_seq'), xid = excluded.xid, is_gone = excluded.is_gone,
                    changed_at = excluded.changed_at
                  """)) {
        statement.setObject(1, project);
        statement.setInt(2, source.number());
        statement.setArray(
            3, handle.getConnection().createArrayOf("bytea", keys.toArray(byte[][]::new)));
        statement.executeUpdate();
      } catch (SQLException failure) {
        throw new IllegalStateException("The differences could not be noted", failure);
      }
      return handle
          .createQuery("select pg_notify('backspool_sync', :project)")
          .bind("project", project.toString())
          .mapTo(String.class)
          .list();
    });
  }
}
