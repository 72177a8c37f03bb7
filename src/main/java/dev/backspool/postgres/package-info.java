/**
 * PostgreSQL: the server that Backspool brings along, the pools over any server, the migrations.
 *
 * <p>{@link EmbeddedPostgres} gives an address to {@link Database}; an operator's own server gives
 * one just as well. Everything that keeps rows stands on {@link Database}; nothing in here knows
 * what the rows mean.
 */
@NullMarked
package dev.backspool.postgres;

import org.jspecify.annotations.NullMarked;
