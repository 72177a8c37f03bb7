/**
 * Analytics events: the commands that the adapters translate to, the session each event belongs to,
 * the people and groups it tells of, and the commit of it all.
 *
 * <p>{@code ingest} lets an upload in; here its rows are placed and committed; {@code
 * SessionCloser} ends sessions once they are over.
 */
@NullMarked
package dev.backspool.event;

import org.jspecify.annotations.NullMarked;
