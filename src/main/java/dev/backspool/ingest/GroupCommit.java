package dev.backspool.ingest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;

/**
 * Joins the writes of many threads into one transaction: a writer takes what is waiting, bounded by
 * rows and bytes, writes it, and wakes everybody whose rows are now committed.
 *
 * <p>Small requests go before large ones, so that people who are there do not wait behind a
 * backlog; each group takes one large request at least, so that a backlog goes on.
 *
 * <p>When a transaction fails, its requests are halved and tried again until the one that makes it
 * fail stands alone and is answered alone. The queue is bounded: {@link #submit} throws {@link
 * Full} rather than let the heap grow.
 *
 * @param <T> what is written
 * @param <R> what its writer answers
 */
public final class GroupCommit<T, R> implements AutoCloseable {

  /**
   * Writes a group in one transaction: it returns after the commit, an answer for each in order.
   */
  @FunctionalInterface
  public interface Writer<T, R> {
    List<R> write(List<T> group);

    /**
     * Whether the failure concerns the database as a whole, so that halving the group is no use.
     */
    default boolean isOutage(RuntimeException failure) {
      return false;
    }
  }

  /**
   * How much is joined and how much may wait.
   *
   * @param groupRows most requests in one transaction
   * @param groupBytes most payload in one transaction; a larger single request goes alone
   * @param waitingBytes most payload that may wait; beyond it {@link Full}
   * @param writers threads that commit. Larger groups cost less, so one writes alone until a
   *     quarter of a group waits; only then the next one joins it, and so on
   */
  public record Bounds(
      int groupRows, long groupBytes, int waitingRows, long waitingBytes, int writers) {}

  /** The queue is full: the caller should answer 503. */
  public static final class Full extends RuntimeException {
    private static final long serialVersionUID = 1;

    Full() {
      super("the commit queue is full", null, false, false);
    }
  }

  private record Waiting<T, R>(T item, long bytes, CompletableFuture<R> answer) {}

  /** A request is large when so many of its size, or fewer, fill a group. */
  private static final int LARGE = 16;

  private final Writer<T, R> writer;
  private final ToLongFunction<T> size;
  private final Bounds bounds;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Waiting<T, R>> small = new ArrayDeque<>();
  private final ArrayDeque<Waiting<T, R>> large = new ArrayDeque<>();
  private final List<Condition> wanted = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private long waitingBytes;
  private boolean closed;

  public GroupCommit(String name, Bounds bounds, ToLongFunction<T> size, Writer<T, R> writer) {
    this.writer = writer;
    this.size = size;
    this.bounds = bounds;
    for (int i = 0; i < bounds.writers(); i++) {
      int number = i;
      wanted.add(lock.newCondition());
      threads.add(Thread.ofPlatform().name(name + "-" + i).daemon().unstarted(() -> run(number)));
    }
    threads.forEach(Thread::start);
  }

  /**
   * Waits until the item is committed.
   *
   * @throws Full when too much is waiting, or the server is stopping
   * @throws RuntimeException what the writer threw for this item alone, or for the whole database
   */
  public R submit(T item) {
    var waiting = new Waiting<T, R>(item, size.applyAsLong(item), new CompletableFuture<>());
    lock.lock();
    try {
      boolean full =
          count() >= bounds.waitingRows()
              || (waitingBytes > 0 && waitingBytes + waiting.bytes() > bounds.waitingBytes());
      if (closed || full) {
        throw new Full();
      }
      (waiting.bytes() < bounds.groupBytes() / LARGE ? small : large).add(waiting);
      waitingBytes += waiting.bytes();
      for (int number = 0; number < bounds.writers() && isWanted(number); number++) {
        wanted.get(number).signal();
      }
    } finally {
      lock.unlock();
    }
    try {
      return waiting.answer().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** How many requests wait to be taken. */
  public int waiting() {
    lock.lock();
    try {
      return count();
    } finally {
      lock.unlock();
    }
  }

  /** Whether so much waits that the writer of this number, from 0, is to work. */
  private boolean isWanted(int number) {
    return number == 0
        ? count() > 0
        : count() >= number * bounds.groupRows() / 4
            || waitingBytes >= number * bounds.groupBytes() / 4;
  }

  private void run(int number) {
    while (true) {
      List<Waiting<T, R>> group = take(number);
      if (group.isEmpty()) {
        return;
      }
      commit(group);
    }
  }

  /** Blocks until there is work for this writer; empty when closed and nothing is left for it. */
  private List<Waiting<T, R>> take(int number) {
    lock.lock();
    try {
      while (!isWanted(number)) {
        if (closed) {
          return List.of();
        }
        wanted.get(number).awaitUninterruptibly();
      }
      var group = new ArrayList<Waiting<T, R>>();
      long bytes = 0;
      if (!large.isEmpty()) {
        bytes = move(large, group, 0);
      }
      while (!small.isEmpty() && fits(small.element(), group, bytes)) {
        bytes = move(small, group, bytes);
      }
      while (!large.isEmpty() && fits(large.element(), group, bytes)) {
        bytes = move(large, group, bytes);
      }
      waitingBytes -= bytes;
      return group;
    } finally {
      lock.unlock();
    }
  }

  private boolean fits(Waiting<T, R> next, List<Waiting<T, R>> group, long bytes) {
    return group.isEmpty()
        || (group.size() < bounds.groupRows() && bytes + next.bytes() <= bounds.groupBytes());
  }

  private static <T, R> long move(
      ArrayDeque<Waiting<T, R>> queue, List<Waiting<T, R>> group, long bytes) {
    Waiting<T, R> next = queue.remove();
    group.add(next);
    return bytes + next.bytes();
  }

  private int count() {
    return small.size() + large.size();
  }

  private void commit(List<Waiting<T, R>> group) {
    List<R> answers;
    try {
      answers = writer.write(group.stream().map(Waiting::item).toList());
    } catch (RuntimeException e) {
      if (group.size() == 1 || writer.isOutage(e)) {
        group.forEach(waiting -> waiting.answer().completeExceptionally(e));
      } else {
        commit(group.subList(0, group.size() / 2));
        commit(group.subList(group.size() / 2, group.size()));
      }
      return;
    } catch (Throwable e) {
      group.forEach(waiting -> waiting.answer().completeExceptionally(e));
      throw e;
    }
    for (int i = 0; i < group.size(); i++) {
      group.get(i).answer().complete(answers.get(i));
    }
  }

  /** Takes nothing new, commits what waits, and ends the writers. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      wanted.forEach(Condition::signal);
    } finally {
      lock.unlock();
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
