package dev.backspool.archive;

import java.time.Instant;

/**
 * What is known of an object without reading it.
 *
 * @param size in bytes
 * @param modified when it was stored, or moved to the cold tier, by the archive's clock
 */
public record StoredObject(ObjectKey key, long size, Instant modified) {}
