/**
 * Takes finished recordings out of PostgreSQL into the archive, joins the parts that late uploads
 * make, and rids the archive of what nothing names any more.
 *
 * <p>Every object goes the same way: it is <em>planned</em> in a committed row, <em>put</em>, and
 * then <em>recorded</em> by one transaction that spends the plan and removes what the object was
 * made of. Whatever dies in between leaves the old in charge and a plan that has the object
 * deleted. Before it on the path: {@code ingest}, which commits the chunks. After it: {@code
 * archive}.
 */
@NullMarked
package dev.backspool.archiver;

import org.jspecify.annotations.NullMarked;
