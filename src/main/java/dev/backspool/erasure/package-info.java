/**
 * Erasing a person or a session for good: {@link dev.backspool.erasure.Erasures} is the door. The
 * rows go within the request, the archive's objects after them, and a receipt stays that names
 * nobody and can be proved all the same.
 *
 * <p>Before it on the path: {@code api}. Beside it: the writers of {@code ingest} and {@code
 * event}, which refuse what {@code session.Tombstones} tells them. After it: PostgreSQL, and the
 * deleter of doomed objects, which the trigger of {@code recording_part} sets to work.
 *
 * <p>The order is what makes it hold: tombstones are committed; transactions that may have looked
 * before are waited for; then rows go, in small transactions, until a look finds none.
 */
@NullMarked
package dev.backspool.erasure;

import org.jspecify.annotations.NullMarked;
