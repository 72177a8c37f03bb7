package dev.backspool.transfer;

/**
 * What a project file holds in all: the last line of its manifest.
 *
 * @param entries without the manifest
 * @param bytes of the entries
 * @param frames uploads of all recordings
 * @param lost sessions whose recordings could not be read whole when they were exported
 */
public record Totals(
    long entries,
    long bytes,
    long sessions,
    long recordings,
    long frames,
    long events,
    long profiles,
    long groups,
    long lost) {}
