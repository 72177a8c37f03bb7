/**
 * The wire contract of a UXCam-like SDK: one initial batch with the full snapshot, then batches of
 * about fifty events, LZString-compressed, with the key in the body.
 *
 * <p>Before it is the HTTP edge, after it {@code ingest} and {@code event}.
 */
@NullMarked
package dev.backspool.protocol.uxcam;

import org.jspecify.annotations.NullMarked;
