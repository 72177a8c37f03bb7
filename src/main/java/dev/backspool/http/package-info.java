/**
 * The edge, and nothing of the domain: bodies read under caps, CORS, rate limits, problems, JSON.
 *
 * <p>Before it on the path: Jetty and Javalin. After it: the protocol adapters and {@code api}.
 */
@NullMarked
package dev.backspool.http;

import org.jspecify.annotations.NullMarked;
