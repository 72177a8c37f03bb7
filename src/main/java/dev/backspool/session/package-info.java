/**
 * Sessions: which one a chunk belongs to, its tabs, its bounds. Rules of uniqueness live in keys
 * and single statements here, never in a read followed by a write.
 *
 * <p>Before it on the path: {@code ingest}, inside its transaction. After it: PostgreSQL.
 */
@NullMarked
package dev.backspool.session;

import org.jspecify.annotations.NullMarked;
