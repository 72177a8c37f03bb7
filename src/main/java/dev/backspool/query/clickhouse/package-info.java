/** Queries on a ClickHouse. */
@NullMarked
package dev.backspool.query.clickhouse;

import org.jspecify.annotations.NullMarked;
