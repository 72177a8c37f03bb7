/**
 * Queries of projects' own: SQL over their copies in the columnar store. A query is read by our own
 * grammar and written anew over the project's rows ({@code query.sql}), asked on a thread of few,
 * and ended on the store when its time is up, its result too large or its client gone. See
 * docs/query.md.
 *
 * <p>Before it on the path: {@code sync}, which brings the copies. After it: {@code api} and {@code
 * protocol.stackauth}, which ask for others.
 */
@NullMarked
package dev.backspool.query;

import org.jspecify.annotations.NullMarked;
