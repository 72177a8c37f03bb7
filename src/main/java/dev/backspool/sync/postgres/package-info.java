/**
 * Sinks in PostgreSQL: databases of the customers' own, anywhere.
 *
 * <p>Before it on the path: {@code sync}, which knows what changed. After it: a server that belongs
 * to somebody else, may be slow, away or changed, and is not to be a way into our own network.
 */
@NullMarked
package dev.backspool.sync.postgres;

import org.jspecify.annotations.NullMarked;
