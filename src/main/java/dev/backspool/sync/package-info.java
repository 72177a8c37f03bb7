/**
 * Keeping copies of what projects recorded: in the columnar store, and in databases of the
 * customers' own.
 *
 * <p>Before it on the path: triggers in PostgreSQL, which note the key of every row that is written
 * or deleted, by whom and however. After it: a {@link dev.backspool.sync.Sink} for each
 * destination. What goes there is said in one place, {@link dev.backspool.sync.Mappings}. See
 * {@code docs/sync.md}.
 */
@NullMarked
package dev.backspool.sync;

import org.jspecify.annotations.NullMarked;
