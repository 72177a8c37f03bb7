package dev.backspool.sync;

/**
 * A place among the changes between two snapshots: after this one.
 *
 * @param stage which of a mapping's lists of changes
 * @param xid the transaction that made it
 * @param seq its number
 */
record Position(int stage, long xid, long seq) {
  static final Position START = new Position(0, 0, 0);
}
