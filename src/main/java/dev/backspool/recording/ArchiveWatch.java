package dev.backspool.recording;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Whether the archive is there, for those who look at it: asked when somebody wants to know, by one
 * thread at a time, and remembered for some seconds. Any thread may call.
 */
public final class ArchiveWatch {
  private static final Duration FRESH = Duration.ofSeconds(5);

  /** An archive that is away may take minutes to say so; whoever looks does not wait for that. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Archive archive;
  private @Nullable Question last;

  public ArchiveWatch(Archive archive) {
    this.archive = archive;
  }

  /**
   * Why the archive cannot be used, in a sentence; empty when it can. Waits 2 s at most: a question
   * that is open for longer counts as a problem until it is answered.
   */
  public Optional<String> problem() {
    return question().answer();
  }

  private synchronized Question question() {
    if (last == null || last.isStale()) {
      last = new Question();
      Thread.ofVirtual().name("archive watch").start(last.task);
    }
    return last;
  }

  private final class Question {
    private final FutureTask<Optional<String>> task = new FutureTask<>(this::ask);
    private final long askedAt = System.nanoTime();
    private volatile long answeredAt;

    private Optional<String> ask() {
      try {
        archive.check();
        return Optional.empty();
      } catch (ArchiveUnavailable away) {
        return Optional.of(String.valueOf(away.getMessage()));
      } finally {
        answeredAt = System.nanoTime();
      }
    }

    boolean isStale() {
      return task.isDone() && System.nanoTime() - answeredAt > FRESH.toNanos();
    }

    Optional<String> answer() {
      long left = Math.max(0, PATIENCE.toNanos() - (System.nanoTime() - askedAt));
      try {
        return task.get(left, TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - askedAt);
        return Optional.of("The archive has not answered for " + seconds + " s");
      } catch (ExecutionException e) {
        return Optional.of("The archive cannot be asked: " + e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.of("Interrupted while asking the archive");
      }
    }
  }
}
