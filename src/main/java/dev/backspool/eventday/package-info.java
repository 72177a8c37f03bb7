/**
 * Days of events that have left PostgreSQL for the archive: the object of a day, written and read,
 * and the row that names it. See {@code docs/event-format.md}.
 *
 * <p>A day comes into the archive as a recording does: planned, put, and put in charge by the
 * transaction that takes its rows out of PostgreSQL. Before it on the path: {@code retention},
 * which says when a day leaves and when it ends, {@code erasure}, which writes days anew without
 * somebody, and the readers {@code sync}, {@code transfer} and {@code verify}. After it: {@code
 * archive}.
 */
@NullMarked
package dev.backspool.eventday;

import org.jspecify.annotations.NullMarked;
