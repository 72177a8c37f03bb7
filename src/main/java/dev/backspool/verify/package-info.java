/**
 * Looks whether PostgreSQL and the archive hold what they should: every checksum, every counter,
 * everything that names something else; and puts right what can be put right without deleting the
 * last copy of anything. {@link dev.backspool.verify.Verification} is the way in.
 *
 * <p>It works beside a running server: what belongs together is read in one snapshot, and what is
 * found wrong is looked at again some seconds later before it counts.
 *
 * <p>Before it on the path: {@code server}'s command and {@code api}'s route. After it: {@code
 * recording}, {@code archive}, PostgreSQL.
 */
@NullMarked
package dev.backspool.verify;

import org.jspecify.annotations.NullMarked;
