/**
 * Our own HTTP: signing in, projects, sessions and their recordings, the API's description, and the
 * dashboard's files.
 *
 * <p>Before it on the path: {@code http}. After it: {@code project}, {@code recording}, {@code
 * ingest}.
 */
@NullMarked
package dev.backspool.api;

import org.jspecify.annotations.NullMarked;
