package dev.backspool.erasure;

import dev.backspool.eventday.DayArchive;
import dev.backspool.ingest.Periodic;
import dev.backspool.ingest.Refusals;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.Page;
import dev.backspool.session.Mark;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door for erasing. What it begins it ends, whoever waits for it: an erasure that was cut
 * short goes on with the next start, or on another node after a minute.
 *
 * <p>Any thread may call.
 */
public final class Erasures implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Erasures.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /**
   * After this nobody works on an erasure any more who says so; two would not disturb each other.
   */
  private static final Duration LEFT = Duration.ofMinutes(1);

  /** After a table that could not be vacuumed. */
  private static final Duration VACUUM_AGAIN = Duration.ofMinutes(1);

  /** Undefined table: a day that retention has dropped since. */
  private static final String NO_TABLE = "42P01";

  /** How long who asks for an erasure waits for archived days to be written anew. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Database database;
  private final Ledger ledger;
  private final ArchivedDays days;
  private final Belongings belongings;
  private final Elders elders;
  private final Removal removal;
  private final Mentions mentions;
  private final Set<UUID> running = ConcurrentHashMap.newKeySet();

  /** Those that we began and did not end: no other node needs to be given time for them. */
  private final Set<UUID> heldUp = ConcurrentHashMap.newKeySet();

  private final Periodic timer;
  private final Periodic vacuuming;
  private volatile boolean closed;
  private boolean started;
  private long vacuumAt = System.nanoTime();

  /**
   * From now on goes on with what was begun and left.
   *
   * @param refusals whose details are searched for whom is erased
   * @param archive where days of events lie that have left PostgreSQL
   */
  public Erasures(Database database, Refusals refusals, DayArchive archive) {
    this.database = database;
    days = new ArchivedDays(database, archive);
    ledger = new Ledger(database);
    belongings = new Belongings(database, ledger);
    elders = new Elders(database);
    removal = new Removal(database, ledger);
    mentions = new Mentions(database, ledger, refusals);
    timer = new Periodic("erasures", PAUSE, this::attend);
    vacuuming = new Periodic("erasures-vacuum", PAUSE, this::vacuum);
  }

  /**
   * Erases a session: its recording, its events, and every trace of it. When this returns no row is
   * left, and nothing of it is recorded any more.
   *
   * @return the receipt, of an earlier erasure where there was one; empty when there is no such
   *     session
   * @throws StillGoingOn when something holds it up; it ends by itself
   */
  public Optional<Receipt> eraseSession(UUID project, UUID session) {
    return erase(Mark.session(project, session));
  }

  /**
   * Erases a person: their profile, sessions and events, and what was recorded anonymously on
   * devices that were only ever theirs. As {@link #eraseSession}.
   */
  public Optional<Receipt> eraseProfile(UUID project, String profile) {
    return erase(Mark.profile(project, profile));
  }

  private Optional<Receipt> erase(Mark subject) {
    Optional<Going> begun = ledger.begin(subject, false);
    if (begun.isEmpty() && subject.kind() == Mark.Kind.PROFILE && days.mention(subject)) {
      begun = ledger.begin(subject, true);
    }
    if (begun.isEmpty()) {
      return ledger.last(subject);
    }
    Going going = begun.get();
    work(going, PATIENCE);
    return ledger.byId(going.project(), going.id());
  }

  /** The receipts of a project, newest first. */
  public Page<Receipt, UUID> page(UUID project, @Nullable Cursor<UUID> after, int limit) {
    return ledger.page(project, after, limit);
  }

  /** A receipt of a project. */
  public Optional<Receipt> byId(UUID project, UUID id) {
    return ledger.byId(project, id);
  }

  /**
   * Allows what was erased to be recorded again, from now on.
   *
   * @return the receipt; its rows may be still to be removed, and then nothing is changed
   */
  public Optional<Receipt> lift(UUID project, UUID id) {
    Optional<Receipt> receipt = ledger.byId(project, id);
    if (receipt.isPresent() && receipt.get().rowsRemovedAt() != null) {
      ledger.lift(project, id);
      return ledger.byId(project, id);
    }
    return receipt;
  }

  /**
   * Does what is left to do, which may be nothing.
   *
   * @param patience how long archived days may take; null for as long as they do
   * @throws StillGoingOn whatever is in the way: the tombstones stand, and the rest is tried again
   */
  private void work(Going going, @Nullable Duration patience) {
    running.add(going.id());
    heldUp.remove(going.id());
    try {
      removeRows(going, days.search(going.subject(), goingOn(patience)));
      ledger.noteObjects();
    } catch (Finished _) {
      // By another worker: there is nothing left to do.
    } catch (StillGoingOn late) {
      heldUp.add(going.id());
      throw late.of(going.id());
    } catch (RuntimeException failure) {
      heldUp.add(going.id());
      LOG.warn("Erasure {} is held up: {}", going.id(), name(failure));
      throw new StillGoingOn("The database refused a step of it; the erasure goes on by itself")
          .of(going.id());
    } finally {
      running.remove(going.id());
    }
  }

  private BooleanSupplier goingOn(@Nullable Duration patience) {
    long began = System.nanoTime();
    return () -> !closed && (patience == null || System.nanoTime() - began < patience.toNanos());
  }

  private void removeRows(Going going, ArchivedDays.Search search) {
    // What a writer adds that was under way shows up when it has ended.
    do {
      while (belongings.look(going, search)) {
        goOn();
      }
      elders.awaitLooking();
    } while (belongings.look(going, search));
    removal.pass(going, search);
    do { // Another pass catches what others were moving about while the last went over it.
      goOn();
      elders.awaitWriting();
    } while (removal.pass(going, search) > 0);
    mentions.remove(going);
    removal.forgetKeys(going);
    ledger.finish(going);
  }

  /** What happened, without the words of a message, which may quote a row. */
  private static String name(RuntimeException failure) {
    String state = sqlState(failure);
    return failure.getClass().getSimpleName() + (state == null ? "" : ", SQLSTATE " + state);
  }

  private static @Nullable String sqlState(Throwable failure) {
    for (@Nullable Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql) {
        return sql.getSQLState();
      }
    }
    return null;
  }

  private void goOn() {
    if (closed) {
      throw new StillGoingOn("The server is stopping; the erasure goes on when it starts");
    }
  }

  private void attend() {
    finishLeft();
    ledger.forget();
    ledger.noteObjects();
  }

  private void finishLeft() {
    Instant now = ledger.now();
    // Before this start nobody of this process can have begun one.
    List<Going> left = ledger.unfinished(started ? now.minus(LEFT) : now, heldUp);
    started = true;
    for (Going going : left) {
      if (!closed && !running.contains(going.id())) {
        try {
          work(going, null);
          LOG.info("Erasure {} of project {} is finished", going.id(), going.project());
        } catch (StillGoingOn late) {
          LOG.info("Erasure {} of project {} waits", going.id(), going.project());
        }
      }
    }
  }

  /** Until then the rows' bytes lie in the tables' files, where nothing reads them. */
  private void vacuum() {
    if (System.nanoTime() - vacuumAt < 0) {
      return;
    }
    Instant began = ledger.now();
    for (String table : ledger.toVacuum()) {
      if (closed) {
        return;
      }
      if (isVacuumed(table)) {
        ledger.vacuumed(List.of(table), began);
      } else {
        vacuumAt = System.nanoTime() + VACUUM_AGAIN.toNanos();
      }
    }
  }

  /** Whether nothing is left of a table's dead rows, nor of what statistics quote of them. */
  private boolean isVacuumed(String table) {
    try {
      database.vacuum(table);
      return true;
    } catch (DatabaseUnavailable away) {
      throw away;
    } catch (RuntimeException failure) {
      boolean isGone = NO_TABLE.equals(sqlState(failure));
      if (!isGone) {
        LOG.warn("{} is not vacuumed, tried again in {}: {}", table, VACUUM_AGAIN, name(failure));
      }
      return isGone;
    }
  }

  /** Ends what goes on here; it is finished by the next start. */
  @Override
  public void close() {
    closed = true;
    elders.close();
    timer.close();
    vacuuming.close();
  }
}
