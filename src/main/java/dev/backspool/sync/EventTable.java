package dev.backspool.sync;

import org.jdbi.v3.core.Handle;

/** The table of events, whose days come and go. */
final class EventTable {
  private EventTable() {}

  /**
   * Has every day stay where it is until the end of the caller's transaction. A day that leaves is
   * gone for all snapshots at once, and a snapshot from before does not see yet where it went: so
   * this comes before whatever takes one, and takes none itself.
   */
  static void hold(Handle handle) {
    handle.execute("lock table only event in access share mode");
  }
}
