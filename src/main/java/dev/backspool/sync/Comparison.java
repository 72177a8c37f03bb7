package dev.backspool.sync;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the verifier found of a mapping.
 *
 * @param rows in PostgreSQL
 * @param held in the sink
 * @param differences by key, those first that were found first
 * @param unknown why the two could not be compared; null when they were
 */
public record Comparison(
    String mapping, long rows, long held, List<Difference> differences, @Nullable String unknown) {}
