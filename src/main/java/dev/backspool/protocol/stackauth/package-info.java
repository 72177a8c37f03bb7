/**
 * The wire contract of Stack Auth's session replays: the batch upload in its two generations, the
 * tracker's events beside it, the read side and queries for servers. A client changes its base URL
 * and keeps its SDK.
 *
 * <p>Before it on the path: {@code http}. After it: {@code ingest} and {@code event} for uploads,
 * {@code recording} for reads, {@code query} for queries.
 */
@NullMarked
package dev.backspool.protocol.stackauth;

import org.jspecify.annotations.NullMarked;
