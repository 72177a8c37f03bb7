package dev.backspool.verify;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong, and was still so some seconds later.
 *
 * @param message what, in a sentence without the place
 * @param repaired null when no repair was asked for; else whether it is right now
 * @param advice what an operator can do about it; null when it is right now
 */
public record Finding(
    Kind kind, Place place, String message, @Nullable Boolean repaired, @Nullable String advice) {

  /**
   * Where. As much of it is given as there is.
   *
   * @param tab the tab of a session
   * @param frames names of frames of the session; of very many, the first
   * @param name an object, table, job or partition by its name
   */
  public record Place(
      @Nullable UUID project,
      @Nullable UUID session,
      @Nullable String tab,
      List<Long> frames,
      @Nullable String name) {
    /** More frames are not named one by one. */
    private static final int MOST = 100;

    static Place table(String name) {
      return new Place(null, null, null, List.of(), name);
    }

    static Place project(UUID project) {
      return new Place(project, null, null, List.of(), null);
    }

    static Place session(UUID project, UUID session) {
      return new Place(project, session, null, List.of(), null);
    }

    static Place object(UUID project, @Nullable UUID session, String object) {
      return new Place(project, session, null, List.of(), object);
    }

    Place inTab(String other) {
      return new Place(project, session, other, frames, name);
    }

    Place ofFrames(List<Long> some) {
      return new Place(
          project, session, tab, List.copyOf(some.subList(0, Math.min(some.size(), MOST))), name);
    }

    Place of(String other) {
      return new Place(project, session, tab, frames, other);
    }
  }

  static Finding of(Kind kind, Place place, String message) {
    return new Finding(kind, place, message, null, kind.advice());
  }

  /** The same place and kind; how bad it is may have changed. */
  boolean isAgain(Finding other) {
    return kind == other.kind && place.equals(other.place);
  }

  Finding withAdvice(String other) {
    return new Finding(kind, place, message, repaired, other);
  }

  Finding afterRepair(boolean right) {
    return new Finding(kind, place, message, right, right ? null : advice);
  }
}
