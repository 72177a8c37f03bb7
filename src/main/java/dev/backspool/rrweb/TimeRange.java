package dev.backspool.rrweb;

/** The earliest and the latest of some events, milliseconds since 1970 by the client's clock. */
public record TimeRange(long first, long last) {}
