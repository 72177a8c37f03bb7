/**
 * Our own wire contract: {@code POST /v1/replay} and {@code POST /v1/events}, as {@code
 * backspool.js} and plain rrweb senders use it.
 *
 * <p>Before it on the path: {@code http}. After it: {@code ingest} and {@code event}.
 */
@NullMarked
package dev.backspool.protocol.backspool;

import org.jspecify.annotations.NullMarked;
