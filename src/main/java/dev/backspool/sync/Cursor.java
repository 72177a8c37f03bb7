package dev.backspool.sync;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How far a sink is with a mapping of a project.
 *
 * @param generation counts full loads
 * @param database in which its snapshot counts
 * @param snapshot all changes that this sees are in the sink, but for what a load has yet to bring
 * @param target while changes are read in pages, the snapshot up to which; null between
 * @param position where the next page begins
 * @param isLoading whether all rows are being read
 * @param hasBegun whether the sink knows of that
 * @param loadAfter the order columns of the last row that was loaded; null before the first
 * @param hasChanges whether there was something new when it was read
 */
record Cursor(
    UUID sink,
    UUID project,
    Mapping mapping,
    int revision,
    int generation,
    String database,
    Snapshot snapshot,
    @Nullable Snapshot target,
    Position position,
    boolean isLoading,
    boolean hasBegun,
    @Nullable List<String> loadAfter,
    boolean hasChanges) {
  /**
   * Changes of a generation have 48 bits of a version; that is nine years of a million a second.
   */
  private static final int SEQ_BITS = 48;

  /**
   * The version of a row: above all versions of the generations before, and within one it grows as
   * the row's number does.
   *
   * @param seq 0 for a row that was never noted as changed
   */
  long version(long seq) {
    return ((long) generation << SEQ_BITS) | seq;
  }

  /** The generation that a version is of. */
  static int generation(long version) {
    return Math.toIntExact(version >> SEQ_BITS);
  }

  /** Whether somebody has to do something with it. */
  boolean isDue() {
    return isLoading || target != null || hasChanges;
  }

  /** After a page, with more to come up to the same target. */
  Cursor at(Snapshot target, Position position) {
    return with(snapshot, target, position, isLoading, hasBegun, loadAfter, true);
  }

  /** After the last page. */
  Cursor reached(Snapshot target) {
    return with(target, null, Position.START, isLoading, hasBegun, loadAfter, false);
  }

  /** With the sink knowing of the load. */
  Cursor begun() {
    return with(snapshot, target, position, isLoading, true, loadAfter, hasChanges);
  }

  /** After a page of a load. */
  Cursor loaded(List<String> last) {
    return with(snapshot, target, position, true, true, last, hasChanges);
  }

  /** With the load done. */
  Cursor loaded() {
    return with(snapshot, target, position, false, true, null, hasChanges);
  }

  private Cursor with(
      Snapshot snapshot,
      @Nullable Snapshot target,
      Position position,
      boolean isLoading,
      boolean hasBegun,
      @Nullable List<String> loadAfter,
      boolean hasChanges) {
    return new Cursor(
        sink,
        project,
        mapping,
        revision,
        generation,
        database,
        snapshot,
        target,
        position,
        isLoading,
        hasBegun,
        loadAfter,
        hasChanges);
  }
}
