package dev.backspool.verify;

import dev.backspool.verify.Finding.Place;
import org.jspecify.annotations.Nullable;

/**
 * Something that looks wrong, for now.
 *
 * @param mending puts it right; null when nothing can
 */
record Suspicion(Finding finding, @Nullable Mending mending) {
  /**
   * Puts something right, in a transaction that makes sure once more that it is still as it was
   * seen; otherwise does nothing. Whether it helped is seen by looking again.
   */
  @FunctionalInterface
  interface Mending {
    void mend() throws Exception;
  }

  static Suspicion of(Kind kind, Place place, String message) {
    return new Suspicion(Finding.of(kind, place, message), null);
  }

  static Suspicion of(Kind kind, Place place, String message, Mending mending) {
    return new Suspicion(Finding.of(kind, place, message), mending);
  }

  Suspicion withAdvice(String advice) {
    return new Suspicion(finding.withAdvice(advice), mending);
  }

  boolean isAmong(Iterable<Suspicion> others) {
    for (Suspicion other : others) {
      if (finding.isAgain(other.finding)) {
        return true;
      }
    }
    return false;
  }
}
