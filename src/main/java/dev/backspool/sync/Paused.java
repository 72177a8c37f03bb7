package dev.backspool.sync;

/** Which stages are paused, for all sinks. */
record Paused(boolean tail, boolean load, boolean tidy) {
  static final Paused NOTHING = new Paused(false, false, false);
  static final Paused EVERYTHING = new Paused(true, true, true);
}
