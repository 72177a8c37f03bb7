/**
 * The columnar store within the process: DuckDB, in one file of the data directory.
 *
 * <p>Before it on the path: {@code sync}, whose threads call the native library themselves. After
 * it: the file, which nobody else may have open, and those who ask it questions.
 */
@NullMarked
package dev.backspool.sync.duckdb;

import org.jspecify.annotations.NullMarked;
