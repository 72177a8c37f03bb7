/**
 * Measures the server as an operator would meet it: how much it takes in, what a hard kill leaves,
 * how long it needs to start. Runs the real program as a child process.
 *
 * <p>Before it on the path: {@code server}, whose {@code bench} command this is. After it: the
 * child, over HTTP, and {@code ingest} and {@code postgres} for what is compared with it.
 */
@NullMarked
package dev.backspool.bench;

import org.jspecify.annotations.NullMarked;
