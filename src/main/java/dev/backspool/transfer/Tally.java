package dev.backspool.transfer;

/**
 * What came of an import. What the project had before is not in it, but in {@code known}.
 *
 * @param sessions new ones
 * @param completed sessions that were there and got something more
 * @param known sessions that were there and got nothing
 * @param frames uploads of recordings
 * @param knownEvents events that were there
 * @param profiles new ones, and those that the file knows more of
 * @param groups as profiles
 * @param erased sessions, events and profiles that the project has erased and does not take again
 * @param strangeErasures receipts of erasures that were left out: the project hashes whom it erased
 *     by another secret
 */
public record Tally(
    long sessions,
    long completed,
    long known,
    long frames,
    long events,
    long knownEvents,
    long profiles,
    long groups,
    long erased,
    long strangeErasures) {
  public static final Tally NOTHING = new Tally(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Both together. */
  public Tally plus(Tally more) {
    return new Tally(
        sessions + more.sessions,
        completed + more.completed,
        known + more.known,
        frames + more.frames,
        events + more.events,
        knownEvents + more.knownEvents,
        profiles + more.profiles,
        groups + more.groups,
        erased + more.erased,
        strangeErasures + more.strangeErasures);
  }

  static Tally ofSessions(long fresh, long frames) {
    return new Tally(fresh, 0, 0, frames, 0, 0, 0, 0, 0, 0);
  }

  static Tally ofCompleted(long frames) {
    return new Tally(0, 1, 0, frames, 0, 0, 0, 0, 0, 0);
  }

  static Tally ofKnown() {
    return new Tally(0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
  }

  static Tally ofEvents(long fresh, long known) {
    return new Tally(0, 0, 0, 0, fresh, known, 0, 0, 0, 0);
  }

  static Tally ofProfiles(long changed) {
    return new Tally(0, 0, 0, 0, 0, 0, changed, 0, 0, 0);
  }

  static Tally ofGroups(long changed) {
    return new Tally(0, 0, 0, 0, 0, 0, 0, changed, 0, 0);
  }

  static Tally ofErased(long count) {
    return new Tally(0, 0, 0, 0, 0, 0, 0, 0, count, 0);
  }

  static Tally ofStrangeErasures(long count) {
    return new Tally(0, 0, 0, 0, 0, 0, 0, 0, 0, count);
  }
}
