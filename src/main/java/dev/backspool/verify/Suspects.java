package dev.backspool.verify;

import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.verify.Suspicion.Mending;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What looked wrong, and is looked at again after a while: an upload that was archived between two
 * questions is then where it belongs. Only what still looks the same is told, and repaired. Any
 * thread may add; one settles.
 */
final class Suspects {
  private static final Logger LOG = LoggerFactory.getLogger(Suspects.class);

  /** When so many wait, the first of them are waited for. */
  private static final int MOST = 1_000;

  /** A repair may bring to light something else, which is repaired in turn. */
  private static final int MOST_ROUNDS = 3;

  private final Duration patience;
  private final boolean repair;
  private final Consumer<Finding> told;
  private final Deque<Suspect> waiting = new ArrayDeque<>();

  /**
   * Holds nothing yet.
   *
   * @param patience time from one look to the next
   * @param told gets what is certain
   */
  Suspects(Duration patience, boolean repair, Consumer<Finding> told) {
    this.patience = patience;
    this.repair = repair;
    this.told = told;
  }

  private record Suspect(Check check, List<Suspicion> seen, long due, int round) {}

  /** Adds what a check saw. */
  void add(Check check, List<Suspicion> seen) {
    add(check, seen, 1);
  }

  private void add(Check check, List<Suspicion> seen, int round) {
    if (!seen.isEmpty()) {
      // What is mended is what the second look sees: no mending keeps a session in memory till
      // then.
      List<Suspicion> findings =
          seen.stream().map(each -> new Suspicion(each.finding(), null)).toList();
      synchronized (waiting) {
        waiting.add(new Suspect(check, findings, System.nanoTime() + patience.toNanos(), round));
      }
    }
  }

  /** How many wait. */
  int size() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  /** Looks again at what has waited long enough, and if too many wait, at some more. */
  void settleSome() throws ArchiveUnavailable, InterruptedException {
    while (size() > 0 && (isDue() || size() > MOST)) {
      settleNext();
    }
  }

  /** Waits for the one that waits the longest, and looks at it again. */
  void settleNext() throws ArchiveUnavailable, InterruptedException {
    Suspect next;
    synchronized (waiting) {
      next = waiting.removeFirst();
    }
    long left = next.due() - System.nanoTime();
    if (left > 0) {
      Thread.sleep(Duration.ofNanos(left));
    }
    settle(next);
  }

  private boolean isDue() {
    synchronized (waiting) {
      Suspect first = waiting.peekFirst();
      return first != null && first.due() - System.nanoTime() <= 0;
    }
  }

  private void settle(Suspect suspect) throws ArchiveUnavailable {
    var certain = new ArrayList<Suspicion>();
    var fresh = new ArrayList<Suspicion>();
    for (Suspicion again : suspect.check().look()) {
      (again.isAmong(suspect.seen()) ? certain : fresh).add(again);
    }
    if (repair && !certain.isEmpty()) {
      List<Suspicion> tried = certain.stream().map(Suspects::mend).toList();
      List<Suspicion> after = suspect.check().look();
      for (Suspicion each : tried) {
        told.accept(each.finding().afterRepair(!each.isAmong(after)));
      }
      fresh.clear();
      after.stream().filter(each -> !each.isAmong(tried)).forEach(fresh::add);
    } else {
      certain.forEach(each -> told.accept(each.finding()));
    }
    if (suspect.round() < MOST_ROUNDS) {
      add(suspect.check(), fresh, suspect.round() + 1);
    }
  }

  private static Suspicion mend(Suspicion suspicion) {
    Mending mending = suspicion.mending();
    if (mending == null) {
      return suspicion;
    }
    try {
      mending.mend();
      return suspicion;
    } catch (Exception failure) {
      LOG.warn("{} could not be repaired", suspicion.finding(), failure);
      return suspicion.withAdvice("The repair failed: " + failure.getMessage());
    }
  }
}
