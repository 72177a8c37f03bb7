/** What can be told of an event's sender from its request. */
@NullMarked
package dev.backspool.enrich;

import org.jspecify.annotations.NullMarked;
