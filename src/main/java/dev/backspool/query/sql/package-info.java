/**
 * The language of queries: one SELECT, read by our own grammar and written anew for a store. What
 * the grammar has no word for cannot be asked; names that are not the project's views and columns,
 * and functions that are not on the store's list, are refused where they are written.
 *
 * <p>Before it on the path: {@code query}. After it: the store, which gets what is written here and
 * never the text that somebody sent.
 */
@NullMarked
package dev.backspool.query.sql;

import org.jspecify.annotations.NullMarked;
