/**
 * Uploaded rrweb events, read without building a tree: checked byte by byte, noted (times, pages,
 * clicks, checkpoints), and stored as one zstd frame of newline-delimited JSON.
 *
 * <p>{@link dev.backspool.rrweb.EventReader} takes what one request brought, {@link
 * dev.backspool.rrweb.Splitter} a whole recording from a file; both give {@link
 * dev.backspool.rrweb.EventBlock}s. {@link dev.backspool.rrweb.PayloadReader} is the way back. The
 * callers are the protocol adapters and the import before, playback and analysis after.
 */
@NullMarked
package dev.backspool.rrweb;

import org.jspecify.annotations.NullMarked;
