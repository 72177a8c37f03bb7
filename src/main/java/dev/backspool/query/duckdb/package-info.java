/** Queries on the DuckDB file of the process. */
@NullMarked
package dev.backspool.query.duckdb;

import org.jspecify.annotations.NullMarked;
