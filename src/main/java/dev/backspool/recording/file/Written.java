package dev.backspool.recording.file;

/**
 * What a finished file is.
 *
 * @param bytes its size
 * @param sha256 of the whole file, in hexadecimal. The same frames give the same, unless encrypted
 * @param groups how many groups it has
 * @param frames how many frames
 * @param events how many events, those left out not counted
 * @param json size of all lines
 * @param repeated how many events were left out because an upload had brought them before
 */
public record Written(
    long bytes, String sha256, int groups, int frames, long events, long json, long repeated) {}
