package dev.backspool.archiver;

import java.util.function.Consumer;

/** The steps between which a process may die. Tests of this package watch them, to let it. */
final class Steps {
  private static volatile Consumer<Step> watcher = _ -> {};

  private Steps() {}

  /** What has just been done. */
  enum Step {
    CLAIMED,
    PACKED,
    PLANNED,
    PUT,
    /** All statements are made, nothing is committed. */
    RECORDING,
    RECORDED,
    DOOMED,
    DELETED,
    FORGOTTEN
  }

  static void reached(Step step) {
    watcher.accept(step);
  }

  /** Has each step told from now on, in the thread that makes it. */
  static void watch(Consumer<Step> next) {
    watcher = next;
  }
}
