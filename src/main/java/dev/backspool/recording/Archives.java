package dev.backspool.recording;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.S3Keys;
import dev.backspool.postgres.Database;
import org.jspecify.annotations.Nullable;

/**
 * Where objects lie.
 *
 * @param main takes what is archived
 * @param cold takes what is moved to the cold tier; null leaves it in the main one's own
 */
public record Archives(Archive main, @Nullable Archive cold) implements AutoCloseable {
  /**
   * Opens the archives of an installation without asking them anything: one that is away holds up
   * no start.
   *
   * @param cold null where the main one has a cold tier of its own, or none
   * @throws IllegalArgumentException as {@link Archive#open}
   */
  public static Archives open(
      Database database, ArchiveUrl main, @Nullable ArchiveUrl cold, @Nullable S3Keys keys) {
    if (cold == null) {
      boolean known = holds(database, "not cold") || holds(database, "cold");
      return new Archives(Archive.open(main, keys, known), null);
    }
    return new Archives(
        Archive.open(main, keys, holds(database, "not cold")),
        Archive.open(cold, keys, holds(database, "cold")));
  }

  /** Whether a tier has objects, by what is known of it; what was only planned may never come. */
  private static boolean holds(Database database, String tier) {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select exists (select from named_object where %1$s)
                  or exists (select from doomed_object where %1$s and reason <> 'planned')
                """
                    .formatted(tier))
            .mapTo(Boolean.class)
            .one());
  }

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
