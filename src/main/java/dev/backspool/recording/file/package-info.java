/**
 * The file of a finished recording, as {@code docs/recording-format.md} specifies it: groups of
 * frames, each group compressed as a whole and read by itself, and an index at the end. {@link
 * dev.backspool.recording.file.RecordingWriter} makes one, {@link
 * dev.backspool.recording.file.ArchivedRecording} reads it through any {@link
 * dev.backspool.recording.file.RangeSource}.
 *
 * <p>Before it on the path: the archiver and playback. After it: bytes, wherever they lie; nothing
 * here knows of a database or a bucket.
 */
@NullMarked
package dev.backspool.recording.file;

import org.jspecify.annotations.NullMarked;
