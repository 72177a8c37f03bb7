package dev.backspool.event;

import dev.backspool.enrich.Referrer;
import dev.backspool.event.StoredEvents.Committed;
import dev.backspool.event.StoredEvents.RowOutcome;
import dev.backspool.ingest.DailyUsage;
import dev.backspool.ingest.GroupCommit;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.session.Mark;
import dev.backspool.session.OpenSessions;
import dev.backspool.session.Opener;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits the rows of a group of requests in one transaction: the keys that make rows idempotent,
 * session bounds, profiles, groups, events and the day's usage.
 */
final class EventWriter implements GroupCommit.Writer<StoreEvents, Committed> {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);

  /**
   * How long an imported session without its start or end is left open for them: much longer than
   * they stand apart in an export.
   */
  private static final Duration KEPT_SETTLE = Duration.ofHours(1);

  private final Database database;
  private final OpenSessions openSessions;
  private final Duration idle;
  private final Duration settle;

  /**
   * Writes nothing yet.
   *
   * @param idle silence that ends a session; an older event is one of a backlog
   * @param settle how long a session of a backlog is left open for more of it
   */
  EventWriter(Database database, OpenSessions openSessions, Duration idle, Duration settle) {
    this.database = database;
    this.openSessions = openSessions;
    this.idle = idle;
    this.settle = settle;
  }

  @Override
  public boolean isOutage(RuntimeException failure) {
    return failure instanceof DatabaseUnavailable;
  }

  @Override
  public List<Committed> write(List<StoreEvents> group) {
    try {
      return Transaction.run(database, connection -> new Group(connection, group).write());
    } catch (Transaction.Unstorable failure) {
      if (group.size() > 1) {
        throw failure;
      }
      return List.of(writeInParts(group.getFirst(), failure));
    }
  }

  /** Halves a request that the database refuses until the row it refuses stands alone. */
  private Committed writeInParts(StoreEvents request, Transaction.Unstorable failure) {
    int size = request.rows().size();
    if (size <= 1) {
      LOG.error("A row of project {} cannot be stored", request.project(), failure);
      Committed asked = write(List.of(request.part(0, 0))).getFirst();
      return new Committed(List.of(RowOutcome.UNSTORABLE), asked.device(), asked.session());
    }
    Committed first = write(List.of(request.part(0, size / 2))).getFirst();
    Committed second = write(List.of(request.part(size / 2, size))).getFirst();
    var rows = new ArrayList<>(first.rows());
    rows.addAll(second.rows());
    return new Committed(rows, second.device(), second.session());
  }

  private record EventKey(UUID project, ByteBuffer key) implements Comparable<EventKey> {
    static EventKey of(UUID project, String key) {
      return new EventKey(project, ByteBuffer.wrap(EventKeys.hash(key)));
    }

    @Override
    public int compareTo(EventKey other) {
      int byProject = project.compareTo(other.project);
      return byProject != 0 ? byProject : key.compareTo(other.key);
    }
  }

  /** The current session of a profile, for events of a program that name it. */
  private record Borrowed(UUID session, @Nullable String device, Circumstances circumstances) {}

  /** One transaction. */
  private final class Group {
    private final Connection connection;
    private final List<StoreEvents> requests;
    private final Map<UUID, Map<UUID, SessionGrowth>> growths = new HashMap<>();
    private final List<EventRow> events = new ArrayList<>();
    private Set<EventKey> fresh = Set.of();
    private @Nullable ErasedRows erased;
    private Map<People.Key, Borrowed> borrowed = Map.of();
    private Map<OpenSessions.Key, UUID> named = Map.of();
    private @Nullable Placement placement;
    private @Nullable People people;

    Group(Connection connection, List<StoreEvents> requests) {
      this.connection = connection;
      this.requests = requests;
    }

    List<Committed> write() throws SQLException {
      erased = ErasedRows.watch(connection, requests);
      fresh = claimKeys();
      named = openSessions.resolve(connection, arrivals());
      placement = question().answer(connection, idle);
      borrowed = currentSessions();
      askForSessions();
      people = People.load(connection, changedProfiles());
      var answers = new ArrayList<Committed>(requests.size());
      for (StoreEvents request : requests) {
        answers.add(place(request));
        placement().endRequest();
      }
      leaveCurrentSessions();
      List<EventRow> starts = SessionGrowth.apply(connection, sortedGrowths());
      people().write(connection);
      var rows = new ArrayList<EventRow>(starts.size() + events.size());
      rows.addAll(starts);
      rows.addAll(events);
      EventRow.copy(connection, rows);
      giveKeysBack();
      addUsage(); // Last: its one row for all of a project's day is locked until the commit.
      return answers;
    }

    private Placement placement() {
      return Objects.requireNonNull(placement);
    }

    private People people() {
      return Objects.requireNonNull(people);
    }

    private ErasedRows erased() {
      return Objects.requireNonNull(erased);
    }

    private boolean isRefused(StoreEvents request, Row row) {
      return erased().names(request.project(), row);
    }

    /** Such a request opens no session, whoever asks for it. */
    private boolean isRefusedWhole(StoreEvents request) {
      return !request.rows().isEmpty()
          && request.rows().stream().allMatch(row -> isRefused(request, row));
    }

    /**
     * Asks what was erased since we began, and which of the sessions that rows may come to were,
     * where the rows do not tell.
     *
     * @throws Transaction.Overtaken when an erasure has just begun: the next try refuses its rows,
     *     or gets another session
     */
    private void askForSessions() throws SQLException {
      erased().lookAgain();
      if (erased().isEmpty()) {
        return;
      }
      var marks = new ArrayList<Mark>();
      named.forEach((key, session) -> marks.add(Mark.session(key.project(), session)));
      borrowed.forEach((key, from) -> marks.add(Mark.session(key.project(), from.session())));
      for (StoreEvents request : requests) {
        UUID project = request.project();
        for (Row row : request.rows()) {
          devices(row.sender()).forEach(device -> marks.add(Mark.profile(project, device)));
          if (row instanceof Row.Track track && row.sender() instanceof Sender.Device sender) {
            placement()
                .candidates(project, sender.ids(), track.at().toEpochMilli())
                .forEach(session -> marks.add(Mark.session(project, session)));
          }
        }
      }
      erased().ask(marks);
      if (named.entrySet().stream()
          .anyMatch(entry -> erased().has(entry.getKey().project(), entry.getValue()))) {
        throw new Transaction.Overtaken();
      }
    }

    /** A device stands for the profile of whoever is anonymous on it. */
    private static List<String> devices(Sender sender) {
      return switch (sender) {
        case Sender.Device device -> device.ids().names();
        case Sender.Backend backend -> backend.ids().names();
        case Sender.Named each -> each.device() == null ? List.of() : List.of(each.device());
        case Sender.Imported each -> each.device() == null ? List.of() : List.of(each.device());
      };
    }

    /** Claims the keys of rows that have one; those that were there before are not among them. */
    private Set<EventKey> claimKeys() throws SQLException {
      var keys = new TreeMap<EventKey, Long>();
      for (StoreEvents request : requests) {
        for (Row row : request.rows()) {
          String key =
              switch (row) {
                case Row.Track track -> track.key();
                case Row.Kept kept -> kept.event().key();
                default -> null;
              };
          if (key != null && !isRefused(request, row)) {
            keys.putIfAbsent(
                EventKey.of(request.project(), key), request.receivedAt().toEpochMilli());
          }
        }
      }
      if (keys.isEmpty()) {
        return Set.of();
      }
      try (var statement =
          connection.prepareStatement(
              """
              insert into event_key (project_id, key, received_at)
              select project_id, key, at(received)
              from unnest(?::uuid[], ?::bytea[], ?::bigint[]) as sent (project_id, key, received)
              on conflict do nothing
              returning project_id, key
              """)) {
        new Columns<>(statement, List.copyOf(keys.entrySet()))
            .uuids(e -> e.getKey().project())
            .bytes(e -> e.getKey().key().array())
            .longs(Map.Entry::getValue);
        var claimed = new HashSet<EventKey>();
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            claimed.add(
                new EventKey(rows.getObject(1, UUID.class), ByteBuffer.wrap(rows.getBytes(2))));
          }
        }
        return claimed;
      }
    }

    /** Keys whose rows turned out to be refused: the same rows may be stored one day. */
    private void giveKeysBack() throws SQLException {
      if (fresh.isEmpty()) {
        return;
      }
      try (var statement =
          connection.prepareStatement(
              """
              delete from event_key
              using unnest(?::uuid[], ?::bytea[]) as unused (project_id, key)
              where event_key.project_id = unused.project_id and event_key.key = unused.key
              """)) {
        new Columns<>(statement, List.copyOf(fresh))
            .uuids(EventKey::project)
            .bytes(unused -> unused.key().array());
        statement.executeUpdate();
      }
    }

    private List<OpenSessions.Arrival> arrivals() {
      var latest = new TreeMap<OpenSessions.Key, Long>();
      for (StoreEvents request : requests) {
        long received = request.receivedAt().toEpochMilli();
        for (Row row : request.rows()) {
          if (row.sender() instanceof Sender.Named sender
              && sender.isFound()
              && !isRefused(request, row)) {
            latest.merge(opener(request, sender), received, Math::max);
          }
        }
        if (request.asker() instanceof Sender.Named sender
            && sender.isFound()
            && !isRefusedWhole(request)) {
          latest.merge(opener(request, sender), received, Math::max);
        }
      }
      return latest.entrySet().stream()
          .map(e -> new OpenSessions.Arrival(e.getKey(), e.getValue()))
          .toList();
    }

    private static OpenSessions.Key opener(StoreEvents request, Sender.Named sender) {
      return new OpenSessions.Key(request.project(), sender.opener().key());
    }

    private Placement.Question question() {
      var question = new Placement.Question();
      for (StoreEvents request : requests) {
        UUID project = request.project();
        long received = request.receivedAt().toEpochMilli();
        if (request.asker() instanceof Sender.Device sender) {
          question.ask(project, sender.ids(), received);
        }
        for (Row row : request.rows()) {
          if (row.sender() instanceof Sender.Device sender) {
            long at = row instanceof Row.Track track ? track.at().toEpochMilli() : received;
            question.ask(project, sender.ids(), at);
          }
        }
      }
      return question;
    }

    private Map<People.Key, Borrowed> currentSessions() throws SQLException {
      var profiles = new HashSet<People.Key>();
      for (StoreEvents request : requests) {
        for (Row row : request.rows()) {
          if (row instanceof Row.Track track
              && track.sender() instanceof Sender.Backend
              && track.profile() != null
              && !isRefused(request, row)) {
            profiles.add(new People.Key(request.project(), track.profile()));
          }
        }
      }
      if (profiles.isEmpty()) {
        return Map.of();
      }
      try (var statement =
          connection.prepareStatement(
              """
              select
                wanted.project_id, wanted.profile_id, current.id, device_id, first_event, exit_path,
                exit_origin
              from unnest(?::uuid[], ?::text[]) as wanted (project_id, profile_id)
              cross join lateral (
                select id, device_id, first_event::text, exit_path, exit_origin
                from session
                where
                  session.project_id = wanted.project_id
                  and session.profile_id = wanted.profile_id
                  and is_current
                order by started_at desc
                limit 1
              ) as current
              """)) {
        new Columns<>(statement, List.copyOf(profiles))
            .plannedAnew()
            .uuids(People.Key::project)
            .text(People.Key::id);
        var found = new HashMap<People.Key, Borrowed>();
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            Circumstances first = Circumstances.parse(rows.getString(5));
            var place =
                new Place(rows.getString(6), rows.getString(7), first.place().referrer(), Map.of());
            found.put(
                new People.Key(rows.getObject(1, UUID.class), rows.getString(2)),
                new Borrowed(
                    rows.getObject(3, UUID.class),
                    rows.getString(4),
                    new Circumstances(place, first.geo(), first.agent())));
          }
        }
        return found;
      }
    }

    private List<People.Key> changedProfiles() {
      var keys = new ArrayList<People.Key>();
      for (StoreEvents request : requests) {
        UUID project = request.project();
        for (Row row : request.rows()) {
          if (isRefused(request, row)) {
            continue;
          }
          switch (row) {
            case Row.Identify identify -> keys.add(new People.Key(project, identify.profile()));
            case Row.Increment increment -> keys.add(new People.Key(project, increment.profile()));
            case Row.AssignGroups assign ->
                keys.add(new People.Key(project, profile(request, assign)));
            case Row.Track _, Row.Kept _, Row.DefineGroup _ -> {}
          }
        }
      }
      return keys;
    }

    private String profile(StoreEvents request, Row.AssignGroups assign) {
      String profile = assign.profile();
      return profile != null
          ? profile
          : Objects.requireNonNullElse(locate(request, assign.sender()).device(), "");
    }

    /** A device and a session, either or both of them known. */
    private record Ids(@Nullable String device, @Nullable UUID session) {}

    private Ids locate(StoreEvents request, Sender sender) {
      long received = request.receivedAt().toEpochMilli();
      return switch (sender) {
        case Sender.Device device -> {
          Placement.Placed placed = placement().locate(request.project(), device.ids(), received);
          yield new Ids(placed.device(), placed.session());
        }
        case Sender.Backend backend -> {
          String device = backend.ids().current();
          yield new Ids(device, SessionIds.of(request.project().toString(), device, received));
        }
        case Sender.Named each ->
            new Ids(each.device(), isRefusedWhole(request) ? null : session(request, each));
        case Sender.Imported each -> new Ids(each.device(), each.session());
      };
    }

    private Committed place(StoreEvents request) {
      UUID project = request.project();
      long received = request.receivedAt().toEpochMilli();
      var outcomes = new ArrayList<RowOutcome>(request.rows().size());
      Ids last = null;
      for (Row row : request.rows()) {
        if (isRefused(request, row) || comesToErased(request, row)) {
          outcomes.add(RowOutcome.ERASED);
          continue;
        }
        outcomes.add(
            switch (row) {
              case Row.Track track -> {
                boolean isNew = isNew(project, track);
                last = track(request, track, isNew);
                yield isNew ? RowOutcome.STORED : RowOutcome.REPEATED;
              }
              case Row.Kept kept -> {
                boolean isNew = isNew(project, kept.event());
                if (isNew) {
                  keep(request, kept);
                }
                yield isNew ? RowOutcome.STORED : RowOutcome.REPEATED;
              }
              case Row.Identify identify -> people().identify(project, identify, received);
              case Row.Increment increment -> people().increment(project, increment, received);
              case Row.DefineGroup define -> people().define(project, define, received);
              case Row.AssignGroups assign ->
                  people().assign(project, profile(request, assign), assign.groups(), received);
            });
      }
      Sender asker = request.asker();
      Ids answer =
          asker == null ? new Ids(null, null) : last != null ? last : locate(request, asker);
      return new Committed(outcomes, answer.device(), answer.session());
    }

    /** Whether a row that names nothing erased itself would be stored with something erased. */
    private boolean comesToErased(StoreEvents request, Row row) {
      if (erased().isEmpty()) {
        return false;
      }
      UUID project = request.project();
      return switch (row) {
        case Row.Track track when track.sender() instanceof Sender.Device sender -> {
          Placement.Placed placed =
              placement().locate(project, sender.ids(), track.at().toEpochMilli());
          yield erased().has(project, placed.session())
              || (track.profile() == null && erased().has(project, placed.device()));
        }
        case Row.Track track ->
            track.profile() == null
                && devices(track.sender()).stream().anyMatch(each -> erased().has(project, each));
        case Row.Kept kept ->
            kept.event().profile() == null
                && devices(kept.sender()).stream().anyMatch(each -> erased().has(project, each));
        case Row.AssignGroups assign ->
            assign.profile() == null && erased().has(project, profile(request, assign));
        case Row.Identify _, Row.Increment _, Row.DefineGroup _ -> false;
      };
    }

    /** Whether an event is here for the first time; a second copy in this group is not. */
    private boolean isNew(UUID project, Row.Track track) {
      return track.key() == null || fresh.remove(EventKey.of(project, track.key()));
    }

    /** Places an event, and unless it is known already, keeps it. */
    private Ids track(StoreEvents request, Row.Track track, boolean isNew) {
      return switch (track.sender()) {
        case Sender.Device sender -> {
          Placement.Placed placed =
              placement().locate(request.project(), sender.ids(), track.at().toEpochMilli());
          if (isNew) {
            boolean live = isLive(request, track);
            if (live) {
              placement().isLive(placed);
            }
            EventRow row = row(request, track, placed.session(), placed.device());
            growth(
                    request,
                    placed.session(),
                    SessionIds.text(placed.session()),
                    "device:" + placed.device(),
                    placed.device())
                .add(row, live, idle, settle);
            keep(row, track);
          }
          yield new Ids(placed.device(), placed.session());
        }
        case Sender.Named sender -> {
          UUID session = session(request, sender);
          if (isNew) {
            EventRow row = row(request, track, session, sender.device());
            String name = sender.opener() instanceof Opener.Named named ? named.name() : null;
            growth(request, session, name, sender.opener().key(), null)
                .add(row, isLive(request, track), idle, settle);
            keep(row, track);
          }
          yield new Ids(sender.device(), session);
        }
        case Sender.Imported _ ->
            throw new IllegalArgumentException("imported events come as kept ones");
        case Sender.Backend sender -> {
          String profile = track.profile();
          Borrowed from =
              profile == null ? null : borrowed.get(new People.Key(request.project(), profile));
          if (from != null && erased().has(request.project(), from.session())) {
            from = null;
          }
          if (isNew) {
            keepBackend(request, track, sender, from);
          }
          yield from == null ? locate(request, sender) : new Ids(from.device(), from.session());
        }
      };
    }

    /** Keeps an event as another system had it. */
    private void keep(StoreEvents request, Row.Kept kept) {
      Row.Track track = kept.event();
      if (!(track.sender() instanceof Sender.Imported sender)) {
        throw new IllegalArgumentException("kept events are imported ones");
      }
      UUID session = sender.session();
      EventRow row =
          row(request, track, session, sender.device()).keptBy(kept.sdkName(), kept.sdkVersion());
      if (session != null) {
        SessionGrowth growth =
            growth(request, session, sender.name(), "id:" + session, sender.device());
        if (kept.isStart()) {
          growth.startsWith(row, KEPT_SETTLE);
        } else if (kept.isEnd()) {
          growth.endsWith(row, KEPT_SETTLE);
        } else {
          growth.add(row, false, idle, KEPT_SETTLE);
        }
      }
      keep(row.lasting(kept.durationMs()), track);
    }

    private UUID session(StoreEvents request, Sender.Named sender) {
      UUID session =
          sender.opener() instanceof Opener.Known known
              ? known.session()
              : named.get(opener(request, sender));
      if (session == null) {
        throw new IllegalStateException("no session for " + sender.opener().key());
      }
      return session;
    }

    private void keepBackend(
        StoreEvents request, Row.Track track, Sender.Backend sender, @Nullable Borrowed from) {
      if (from == null) {
        keep(row(request, track, null, sender.ids().current()), track);
        return;
      }
      Place own = track.place();
      Place theirs = from.circumstances().place();
      var circumstances =
          new Circumstances(
              new Place(
                  own.path() == null ? theirs.path() : own.path(),
                  own.origin() == null ? theirs.origin() : own.origin(),
                  own.referrer().equals(Referrer.NONE) ? theirs.referrer() : own.referrer(),
                  own.campaign()),
              from.circumstances().geo(),
              from.circumstances().agent());
      EventRow row = row(request, track, from.session(), from.device(), circumstances);
      SessionGrowth growth =
          growth(request, from.session(), SessionIds.text(from.session()), "", from.device());
      growth.borrow(row);
      keep(row, track);
    }

    private boolean isLive(StoreEvents request, Row.Track track) {
      return !track.at().isBefore(request.receivedAt().minus(idle));
    }

    private void keep(EventRow row, Row.Track track) {
      events.add(row);
      String profile = track.profile();
      if (profile != null) {
        people().see(row.project(), profile, row.at().toEpochMilli());
      }
    }

    private EventRow row(
        StoreEvents request, Row.Track track, @Nullable UUID session, @Nullable String device) {
      return row(request, track, session, device, Circumstances.of(track));
    }

    private EventRow row(
        StoreEvents request,
        Row.Track track,
        @Nullable UUID session,
        @Nullable String device,
        Circumstances circumstances) {
      return new EventRow(
          request.project(),
          track.at(),
          request.receivedAt(),
          track.name(),
          session,
          device,
          track.profile() == null ? device : track.profile(),
          track.revenue(),
          null,
          circumstances,
          request.sdkName(),
          request.sdkVersion(),
          track.groups(),
          track.properties());
    }

    private SessionGrowth growth(
        StoreEvents request,
        UUID session,
        @Nullable String name,
        String opener,
        @Nullable String device) {
      return growths
          .computeIfAbsent(request.project(), _ -> new HashMap<>())
          .computeIfAbsent(session, _ -> new SessionGrowth(request, session, name, opener, device));
    }

    private List<SessionGrowth> sortedGrowths() {
      return growths.values().stream().flatMap(each -> each.values().stream()).sorted().toList();
    }

    private void leaveCurrentSessions() throws SQLException {
      List<Placement.Key> moved = placement().movedOn();
      if (moved.isEmpty()) {
        return;
      }
      for (SessionGrowth growth : sortedGrowths()) {
        growth.chooseCurrent(placement());
      }
      try (var statement =
          connection.prepareStatement(
              """
              update session set is_current = false
              from unnest(?::uuid[], ?::text[]) as moved (project_id, device_id)
              where
                session.project_id = moved.project_id
                and session.device_id = moved.device_id
                and session.is_current
              """)) {
        new Columns<>(statement, moved)
            .plannedAnew()
            .uuids(Placement.Key::project)
            .text(Placement.Key::device);
        statement.executeUpdate();
      }
    }

    private void addUsage() throws SQLException {
      var usage = new DailyUsage();
      events.forEach(row -> usage.addEvent(row.project(), row.receivedAt()));
      usage.write(connection);
    }
  }
}
