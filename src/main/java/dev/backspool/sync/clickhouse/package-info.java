/**
 * ClickHouse as a sink, through its own client. A table of rows with versions for each mapping, and
 * a view of the mapping's name that shows the latest of each row and nothing deleted.
 *
 * <p>Before it on the path: the sync. After it: a ClickHouse server or cluster.
 */
@NullMarked
package dev.backspool.sync.clickhouse;

import org.jspecify.annotations.NullMarked;
