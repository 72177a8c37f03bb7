/**
 * What can be told of an event's sender from its request: the address it came from, the place, the
 * browser, system and device, whether it is a robot, and what led to the page. Pure functions over
 * kept lists; nothing here knows HTTP or the database, and no list is loaded before the first
 * question.
 *
 * <p>Before it on the path: the protocol adapters, which hand over headers, and {@code api}. After
 * it: nothing.
 */
@NullMarked
package dev.backspool.enrich;

import org.jspecify.annotations.NullMarked;
