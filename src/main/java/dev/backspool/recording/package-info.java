/**
 * Reading recordings: the frames of a session in play order, and what a player must know of them.
 *
 * <p>Before it on the path: {@code api} and the read sides of the protocols. After it: PostgreSQL,
 * where a live session's chunks are its frames, and the archive, where they are in {@link
 * dev.backspool.recording.file}'s files.
 */
@NullMarked
package dev.backspool.recording;

import org.jspecify.annotations.NullMarked;
