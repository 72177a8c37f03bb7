package dev.backspool.erasure;

/**
 * Somebody else has finished the erasure meanwhile. What there is now was recorded after it, and is
 * not to be touched, nor is anything to be written down about whom it was.
 */
final class Finished extends RuntimeException {
  private static final long serialVersionUID = 1;

  Finished() {
    super("the erasure is finished", null, false, false);
  }
}
