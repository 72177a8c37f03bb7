package dev.backspool.verify;

/**
 * Is told what a verification does and finds, one call at a time. What a call throws ends the
 * verification.
 */
public interface Watcher {
  /** Told about every second, and when a step begins. */
  void progress(Progress progress);

  /** Told of each finding once, when it is certain and its repair was tried. */
  void found(Finding finding);
}
