package dev.backspool.rrweb;

/**
 * A page that was shown.
 *
 * @param timestamp when, milliseconds since 1970 by the client's clock
 * @param href its address as recorded, without NUL characters (PostgreSQL's text holds none), cut
 *     after 8,192 characters
 */
public record Page(long timestamp, String href) {}
