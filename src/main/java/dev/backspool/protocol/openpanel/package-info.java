/**
 * OpenPanel's ingestion contract: {@code /track} and what is around it, as the published SDKs use
 * it.
 *
 * <p>Before it on the path: {@code http}. After it: {@code event} for rows, {@code ingest} for
 * admission and replay chunks. A request is read to {@link Draft}s before anybody is admitted, then
 * {@link Rows} gives each its sender and {@link Filing} stores them in order.
 */
@NullMarked
package dev.backspool.protocol.openpanel;

import org.jspecify.annotations.NullMarked;
