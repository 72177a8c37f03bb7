/**
 * The nouns of Backspool, as records and small enums: what a project, a session, a chunk is.
 *
 * <p>Every other package speaks in these words; this one imports nothing but the JDK.
 */
@NullMarked
package dev.backspool;

import org.jspecify.annotations.NullMarked;
