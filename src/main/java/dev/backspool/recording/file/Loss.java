package dev.backspool.recording.file;

import dev.backspool.recording.Frame;
import java.util.List;

/**
 * Something that a check found damaged.
 *
 * @param frames the frames that cannot be read for it; empty when only a checksum over what they do
 *     not need is wrong
 */
public record Loss(DamagedRecording why, List<Frame> frames) {}
