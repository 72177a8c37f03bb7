/**
 * The rules of acceptance and the group commit. {@link dev.backspool.ingest.Ingest} is the one
 * door: a protocol adapter asks it to admit a key, then hands it commands such as {@link
 * dev.backspool.ingest.StoreChunk}, and gets an {@link dev.backspool.ingest.Outcome} once the rows
 * are committed.
 *
 * <p>Before it on the path: the protocol adapters. After it: {@code session} for the bounds,
 * PostgreSQL.
 */
@NullMarked
package dev.backspool.ingest;

import org.jspecify.annotations.NullMarked;
