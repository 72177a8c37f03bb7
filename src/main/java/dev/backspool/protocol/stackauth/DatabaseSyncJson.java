package dev.backspool.protocol.stackauth;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Mappings;
import dev.backspool.sync.Numbers;
import dev.backspool.sync.Source;
import dev.backspool.sync.SyncStatus;
import dev.backspool.sync.SyncStatus.OfMapping;
import dev.backspool.sync.SyncStatus.OfSink;
import dev.backspool.sync.SyncStatus.State;
import dev.backspool.sync.Whereabouts;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The contract's status. Counts are decimal texts. What it knows and we have not is there, and
 * zero; what would need a question to a customer's database is null.
 */
record DatabaseSyncJson(
    boolean ok,
    long generatedAtMillis,
    @Nullable Global global,
    Tenancy tenancy,
    Map<String, Object> sequencer,
    Poller poller,
    Engine syncEngine) {

  /** The tables of the contract, and what is noted here in their place. */
  private static final Map<String, @Nullable Source> TABLES = tables();

  private static Map<String, @Nullable Source> tables() {
    var tables = new LinkedHashMap<String, @Nullable Source>();
    tables.put("project_users", Source.PROFILE);
    tables.put("contact_channels", null);
    tables.put("teams", Source.GROUP);
    tables.put("team_members", Source.MEMBERSHIP);
    tables.put("team_permissions", null);
    tables.put("team_invitations", null);
    tables.put("email_outboxes", null);
    tables.put("project_permissions", null);
    tables.put("notification_preferences", null);
    tables.put("refresh_tokens", null);
    tables.put("connected_accounts", null);
    return tables;
  }

  record Global(
      String tenanciesTotal,
      String tenanciesWithDbSync,
      Map<String, Object> sequencer,
      Poller poller,
      Mapped syncEngine) {}

  record Tenancy(String id, String projectId, String branchId) {}

  record Numbered(
      String total,
      String pending,
      String nullSequenceId,
      @Nullable String minSequenceId,
      @Nullable String maxSequenceId) {
    static final Numbered NOTHING = new Numbered("0", "0", "0", null, null);
  }

  record DeletedRows(@JsonUnwrapped Numbered all, List<DeletedTable> byTable) {}

  record DeletedTable(String tableName, @JsonUnwrapped Numbered all) {}

  record Poller(
      String total,
      String pending,
      String inFlight,
      String stale,
      @Nullable Long oldestCreatedAtMillis,
      @Nullable Long newestCreatedAtMillis) {}

  record Mapped(List<MappingJson> mappings) {}

  record Engine(List<MappingJson> mappings, List<DatabaseJson> externalDatabases) {}

  record MappingJson(
      String mappingId,
      @Nullable String internalMinSequenceId,
      @Nullable String internalMaxSequenceId,
      String internalPendingCount) {}

  record Connection(
      String redacted,
      @Nullable String host,
      @Nullable Integer port,
      @Nullable String database,
      @Nullable String user) {

    static @Nullable Connection of(String kind, @Nullable Whereabouts where) {
      return where == null
          ? null
          : new Connection(
              "%s://%s:***@%s:%d/%s"
                  .formatted(
                      kind.equals("postgres") ? "postgresql" : kind,
                      text(where.user()),
                      text(where.host()),
                      where.port(),
                      text(where.database())),
              where.host(),
              where.port(),
              where.database(),
              where.user());
    }

    private static String text(@Nullable String part) {
      return part == null ? "" : part;
    }
  }

  record Metadata(
      String mappingName, @Nullable String lastSyncedSequenceId, @Nullable Long updatedAtMillis) {}

  record UsersTable(
      boolean exists,
      @Nullable String totalRows,
      @Nullable Long minSignedUpAtMillis,
      @Nullable Long maxSignedUpAtMillis) {}

  record MappingStatus(
      String mappingId,
      @Nullable String internalMaxSequenceId,
      @Nullable String lastSyncedSequenceId,
      @Nullable Long updatedAtMillis,
      String backlog) {}

  record DatabaseJson(
      UUID id,
      String type,
      @Nullable Connection connection,
      String status,
      @Nullable String error,
      List<Metadata> metadata,
      UsersTable usersTable,
      @JsonProperty("mapping_status") List<MappingStatus> mappings) {}

  /**
   * The form of a status.
   *
   * @param isAll whether it is asked of all tenancies: then it names no databases
   * @param projects how many there are
   */
  static DatabaseSyncJson of(SyncStatus status, Numbers.All numbers, boolean isAll, int projects) {
    Map<String, Object> sequencer = sequencer(status, numbers);
    Poller poller = poller(status, numbers);
    List<MappingJson> mappings =
        Mappings.ALL.stream().map(mapping -> mapping(status, numbers, mapping)).toList();
    String id = status.project() == null ? "internal" : status.project().toString();
    return new DatabaseSyncJson(
        true,
        status.at().toEpochMilli(),
        isAll
            ? new Global(
                Integer.toString(projects),
                Long.toString(
                    status.sinks().stream().anyMatch(sink -> sink.project() == null)
                        ? projects
                        : status.sinks().stream().map(OfSink::project).distinct().count()),
                sequencer,
                poller,
                new Mapped(mappings))
            : null,
        new Tenancy(id, id, "main"),
        sequencer,
        poller,
        new Engine(
            mappings,
            isAll
                ? List.of()
                : status.sinks().stream().map(sink -> database(sink, numbers)).toList()));
  }

  private static Map<String, Object> sequencer(SyncStatus status, Numbers.All numbers) {
    var all = new LinkedHashMap<String, Object>();
    var deleted = new java.util.ArrayList<DeletedTable>();
    TABLES.forEach((table, source) -> {
      all.put(table, source == null ? Numbered.NOTHING : numbered(status, numbers, source));
      Numbers.Gone gone = source == null ? null : numbers.goneOf(source);
      if (gone != null && gone.keys() > 0) {
        deleted.add(new DeletedTable(table, gone(gone)));
      }
    });
    var sum = new Numbers.Gone(0, null, null);
    for (Source source : Source.values()) {
      sum = sum.plus(numbers.goneOf(source));
    }
    all.put("deleted_rows", new DeletedRows(gone(sum), deleted));
    return all;
  }

  /** What was deleted waits until every sink has passed it. */
  private static Numbered gone(Numbers.Gone gone) {
    String keys = Long.toString(gone.keys());
    return new Numbered(keys, keys, "0", text(gone.least()), text(gone.most()));
  }

  private static Numbered numbered(SyncStatus status, Numbers.All numbers, Source source) {
    Numbers.OfSource of = numbers.of(source);
    return new Numbered(
        Long.toString(numbers.rows(source)),
        Long.toString(pending(status, source)),
        "0", // The trigger that notes a change numbers it.
        text(of.least()),
        text(of.most()));
  }

  /** What the sink that lacks most has yet to be told of. */
  private static long pending(SyncStatus status, Source source) {
    return status.sinks().stream()
        .flatMap(sink -> sink.mappings().stream())
        .filter(mapping -> source(mapping) == source)
        .mapToLong(OfMapping::behind)
        .max()
        .orElse(0);
  }

  private static @Nullable Source source(OfMapping of) {
    return Mappings.ALL.stream()
        .filter(mapping -> mapping.id().equals(of.mapping()))
        .findFirst()
        .map(Mapping::source)
        .orElse(null);
  }

  private static Poller poller(SyncStatus status, Numbers.All numbers) {
    long pending = status.sinks().stream().mapToLong(OfSink::projectsBehind).sum();
    Instant oldest = status.behind().oldest();
    Instant latest =
        numbers.sources().values().stream()
            .map(Numbers.OfSource::latestAt)
            .filter(java.util.Objects::nonNull)
            .max(Instant::compareTo)
            .orElse(null);
    return new Poller(
        Long.toString(pending + numbers.inFlight()),
        Long.toString(pending),
        Long.toString(numbers.inFlight()),
        Long.toString(numbers.stale()),
        millis(oldest),
        oldest == null ? null : millis(latest));
  }

  private static MappingJson mapping(SyncStatus status, Numbers.All numbers, Mapping mapping) {
    Numbers.OfSource of = numbers.of(mapping.source());
    return new MappingJson(
        mapping.id(),
        text(of.least()),
        text(of.most()),
        Long.toString(pending(status, mapping.source())));
  }

  private static DatabaseJson database(OfSink sink, Numbers.All numbers) {
    String error = sink.error();
    if (error == null) {
      error = sink.all().reason();
    }
    return new DatabaseJson(
        sink.id(),
        sink.kind(),
        Connection.of(sink.kind(), sink.address()),
        error == null ? "ok" : "error",
        error,
        sink.mappings().stream()
            .filter(mapping -> mapping.state() != State.NEW)
            .map(mapping ->
                new Metadata(
                    mapping.mapping(), synced(mapping, numbers), millis(mapping.deliveredAt())))
            .toList(),
        new UsersTable(
            sink.mappings().stream()
                .anyMatch(
                    mapping -> source(mapping) == Source.PROFILE && mapping.state() != State.NEW),
            null,
            null,
            null),
        sink.mappings().stream()
            .map(mapping -> {
              Source source = source(mapping);
              return new MappingStatus(
                  mapping.mapping(),
                  source == null ? null : text(numbers.of(source).most()),
                  synced(mapping, numbers),
                  millis(mapping.deliveredAt()),
                  Long.toString(mapping.behind()));
            })
            .toList());
  }

  /** Cursors are no numbers: all is there, or it is not known up to which. */
  private static @Nullable String synced(OfMapping mapping, Numbers.All numbers) {
    Source source = source(mapping);
    return source == null || mapping.state() != State.LIVE || mapping.behind() > 0
        ? null
        : text(numbers.of(source).most());
  }

  private static @Nullable String text(@Nullable Long number) {
    return number == null ? null : number.toString();
  }

  private static @Nullable Long millis(@Nullable Instant at) {
    return at == null ? null : (Long) at.toEpochMilli();
  }
}
