/**
 * Keeping what projects recorded for as long as they ask, and removing it afterwards: recordings,
 * events, sessions, and what only serves for a while.
 *
 * <p>Before it on the path: {@code api}, and the time of day. After it: PostgreSQL, where every
 * batch is one transaction, and the archive's cold tier. Objects are not deleted here: with a
 * part's row gone its object is doomed, and whoever deletes doomed objects finds it.
 *
 * <p>What has expired is said in one place, {@link Expired}: the preview counts by the same words
 * that the run removes by.
 */
@NullMarked
package dev.backspool.retention;

import org.jspecify.annotations.NullMarked;
