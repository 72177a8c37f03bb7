/**
 * Projects and their keys: making, finding by a key, changing, deleting.
 *
 * <p>Before it on the path: {@code ingest} asks for the project of a write key, {@code api} manages
 * them. After it: PostgreSQL.
 */
@NullMarked
package dev.backspool.project;

import org.jspecify.annotations.NullMarked;
