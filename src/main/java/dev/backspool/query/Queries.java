package dev.backspool.query;

import dev.backspool.query.QueryFailure.Kind;
import dev.backspool.query.sql.ParameterError;
import dev.backspool.query.sql.SqlError;
import dev.backspool.query.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks queries. Each has a platform thread while the store works at it, as a store within the
 * process would hold the carriers of virtual ones; there are few, and who finds none comes again
 * later.
 */
public final class Queries implements AutoCloseable {
  /** Most rows of an answer. */
  public static final int MOST_ROWS = 10_000;

  /** Most bytes of an answer's rows, as JSON. */
  public static final int MOST_BYTES = 10 << 20;

  /** When to come again while all threads are taken. */
  public static final Duration COME_AGAIN = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(Queries.class);
  private static final int MOST_AT_ONCE = 4;

  /** How often somebody looks whether the client is still there. */
  private static final Duration LOOK = Duration.ofMillis(100);

  /** What a store's own limit of time is over ours, which ends a query first. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** How long those that run have to end when nobody is asked any more. */
  private static final Duration LAST = Duration.ofSeconds(5);

  private final @Nullable Store store;
  private final Semaphore places = new Semaphore(MOST_AT_ONCE);
  private final Set<Store.Asked> running = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().name("query-", 0).factory());

  /**
   * Asks from now on.
   *
   * @param store null where there is none
   */
  public Queries(@Nullable Store store) {
    this.store = store;
  }

  /** Where they are asked; empty where that is nowhere. */
  public Optional<Store> store() {
    return Optional.ofNullable(store);
  }

  /** How many the store works at. */
  public int running() {
    return MOST_AT_ONCE - places.availablePermits();
  }

  /**
   * Asks a query of a project, and waits.
   *
   * @param gone whether nobody waits for the answer any more; asked now and then
   * @throws QueryFailure when there is no answer
   */
  public Answer ask(UUID project, Question question, BooleanSupplier gone)
      throws InterruptedException {
    if (store == null) {
      throw QueryFailure.of(Kind.OFF, "This server keeps no columnar store to query");
    }
    long begin = System.nanoTime();
    // Reading a query is work too: there is a place first.
    if (!places.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
      throw QueryFailure.of(Kind.BUSY, "Too many queries run at this moment");
    }
    String id = UUID.randomUUID().toString();
    Store.Asked asked;
    Future<Rows> work;
    try {
      Statement statement = statement(store, project, question);
      asked = store.ask(statement, project, id, question.most().plus(GRACE));
      work = start(asked);
    } catch (RuntimeException | Error failure) {
      places.release();
      throw failure;
    }
    Rows rows = await(work, asked, begin + question.most().toNanos(), gone);
    return new Answer(
        id, rows.columns(), rows.json(), rows.count(), Duration.ofNanos(System.nanoTime() - begin));
  }

  private static Statement statement(Store store, UUID project, Question question) {
    try {
      return Statement.of(
          question.sql(), question.parameters(), store.dialect(), project, MOST_ROWS);
    } catch (SqlError wrong) {
      throw QueryFailure.of(Kind.REFUSED, wrong.in(question.sql()));
    } catch (ParameterError wrong) {
      throw QueryFailure.parameter(
          wrong.name(), "params." + wrong.name() + " " + wrong.getMessage());
    }
  }

  private Future<Rows> start(Store.Asked asked) {
    running.add(asked);
    try {
      return threads.submit(() -> read(asked));
    } catch (RuntimeException | Error failure) {
      running.remove(asked);
      throw failure;
    }
  }

  /** The place is free when the store is done, however long nobody has waited for it. */
  private Rows read(Store.Asked asked) {
    try {
      var rows = new Rows(MOST_ROWS, MOST_BYTES);
      asked.read(rows);
      return rows;
    } finally {
      running.remove(asked);
      places.release();
    }
  }

  private static Rows await(Future<Rows> work, Store.Asked asked, long until, BooleanSupplier gone)
      throws InterruptedException {
    try {
      while (true) {
        long left = until - System.nanoTime();
        if (left <= 0) {
          throw QueryFailure.of(Kind.TIMEOUT, "The query took longer than it may");
        }
        try {
          return work.get(Math.min(left, LOOK.toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException notYet) {
          if (gone.getAsBoolean()) {
            throw QueryFailure.of(Kind.ABANDONED, "Nobody waits for the answer");
          }
        }
      }
    } catch (ExecutionException failure) {
      throw translate(failure.getCause());
    } finally {
      if (!work.isDone()) {
        end(asked, work::isDone);
      }
    }
  }

  /**
   * Until it has ended: a store that has not begun yet, or looks at other things, hears nothing.
   */
  private static void end(Store.Asked asked, BooleanSupplier isDone) {
    Thread.ofVirtual()
        .name("query-cancel")
        .start(() -> {
          while (!isDone.getAsBoolean()) {
            asked.cancel();
            try {
              Thread.sleep(LOOK);
            } catch (InterruptedException e) {
              return;
            }
          }
        });
  }

  private static QueryFailure translate(@Nullable Throwable failure) {
    if (failure instanceof QueryFailure known) {
      return known;
    }
    LOG.error("A query failed in a way that nobody foresaw", failure);
    return QueryFailure.of(Kind.FAILED, "The query failed");
  }

  /** Ends those that run. */
  @Override
  public void close() {
    threads.shutdown();
    long until = System.nanoTime() + LAST.toNanos();
    running.forEach(
        asked -> end(asked, () -> !running.contains(asked) || System.nanoTime() > until));
    try {
      if (!threads.awaitTermination(LAST.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("{} queries have not ended", running.size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
