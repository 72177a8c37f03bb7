package dev.backspool.rrweb;

/**
 * An event from which a player can start.
 *
 * @param ordinal its place in the block, from 0
 * @param timestamp its time, milliseconds since 1970 by the client's clock
 * @param withMeta true for a Meta followed at once by its FullSnapshot (the ordinal and time are
 *     Meta's), false for a FullSnapshot alone. One at ordinal 0 is whole when the block before
 *     {@link EventBlock#endsWithMeta ends with Meta}
 */
public record Checkpoint(int ordinal, long timestamp, boolean withMeta) {}
