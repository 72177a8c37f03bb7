package dev.backspool.rrweb;

/**
 * How often things happened in a block.
 *
 * @param clicks mouse clicks and taps (incremental source 2, type 2)
 * @param inputs changes of form fields (source 5)
 * @param mutations changes of the page (source 0)
 * @param userActivity events that only a person causes (sources 1 to 6, and 12)
 * @param errors what the console plugin recorded at its error level, and custom events with that
 *     tag
 */
public record Counts(int clicks, int inputs, int mutations, int userActivity, int errors) {}
