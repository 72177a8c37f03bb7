/**
 * Reading analytics events, and the people and groups they tell of.
 *
 * <p>Before it on the path: {@code api}. After it: PostgreSQL, where {@code event} stored them.
 */
@NullMarked
package dev.backspool.analytics;

import org.jspecify.annotations.NullMarked;
