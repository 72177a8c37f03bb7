package dev.backspool.recording;

import dev.backspool.archive.Archive;
import org.jspecify.annotations.Nullable;

/**
 * Where objects lie.
 *
 * @param main takes what is archived
 * @param cold takes what is moved to the cold tier; null leaves it in the main one's own
 */
public record Archives(Archive main, @Nullable Archive cold) implements AutoCloseable {
  /** The archive that holds an object. */
  public Archive holding(boolean inColdTier) {
    return inColdTier && cold != null ? cold : main;
  }

  @Override
  public void close() {
    main.close();
    if (cold != null) {
      cold.close();
    }
  }
}
