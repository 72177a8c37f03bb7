package dev.backspool.sync;

import dev.backspool.sync.Round.Place;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The places where something is to be done: each once, in the order in which they were told of, and
 * none by two threads. One sink gets no more than half of the threads, and a single one while it
 * fails, so that one that hangs does not hold up the others. Threads share one.
 */
final class Tasks {
  private final Set<Place> waiting = new LinkedHashSet<>();
  private final Set<Place> running = new HashSet<>();
  private final Map<UUID, Integer> threads = new HashMap<>();
  private final Map<UUID, Pause> pauses = new HashMap<>();
  private final int most;
  private boolean isOver;

  private record Pause(int failures, long until) {
    boolean isOver() {
      return System.nanoTime() - until >= 0;
    }
  }

  /**
   * Nothing to do yet.
   *
   * @param threads how many take from it
   */
  Tasks(int threads) {
    most = Math.max(1, threads / 2);
  }

  /** Something is to be done there. */
  synchronized void add(Place place) {
    if (waiting.add(place)) {
      notifyAll();
    }
  }

  /** Waits for a place; null at the end. */
  synchronized @Nullable Place take() throws InterruptedException {
    while (!isOver) {
      Iterator<Place> places = waiting.iterator();
      while (places.hasNext()) {
        Place place = places.next();
        if (!running.contains(place) && isFree(place.sink())) {
          places.remove();
          running.add(place);
          threads.merge(place.sink(), 1, Integer::sum);
          return place;
        }
      }
      wait(100);
    }
    return null;
  }

  /**
   * Takes a place for something else.
   *
   * @return false when a thread is there, or is to go there
   */
  synchronized boolean begin(Place place) {
    if (waiting.contains(place) || !running.add(place)) {
      return false;
    }
    threads.merge(place.sink(), 1, Integer::sum);
    return true;
  }

  private boolean isFree(UUID sink) {
    Pause pause = pauses.get(sink);
    int busy = threads.getOrDefault(sink, 0);
    return pause == null ? busy < most : busy == 0 && pause.isOver();
  }

  /** It is done there for now. */
  synchronized void done(Place place) {
    running.remove(place);
    threads.merge(place.sink(), -1, Integer::sum);
    notifyAll();
  }

  /** How often a sink has failed in a row, with this time. */
  synchronized int failures(UUID sink) {
    Pause pause = pauses.get(sink);
    return pause == null ? 1 : pause.failures() + 1;
  }

  /** Leaves a sink alone for a while. */
  synchronized void pause(UUID sink, int failures, long nanos) {
    pauses.put(sink, new Pause(failures, System.nanoTime() + nanos));
  }

  /**
   * The sink works.
   *
   * @return whether it had failed before
   */
  synchronized boolean recovered(UUID sink) {
    boolean had = pauses.remove(sink) != null;
    notifyAll();
    return had;
  }

  /** Whether nothing is done or to be done, but for sinks that are left alone. */
  synchronized boolean isIdle() {
    return running.isEmpty()
        && waiting.stream().noneMatch(place -> pauses.get(place.sink()) == null);
  }

  synchronized void end() {
    isOver = true;
    notifyAll();
  }
}
