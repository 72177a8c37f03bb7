package dev.backspool.recording;

import dev.backspool.rrweb.Outline;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a recording that is read as a whole. Never changes once it is there.
 *
 * @param n names the frame within its session; opaque and stable
 * @param tab the tab its events belong to
 * @param batchId the upload it came by
 * @param clientSession the SDK's own session id of the upload, where it names no session here
 * @param ordinal its place among the committed chunks of its tab, from 0 without holes
 * @param seq the SDK's number of the upload within its tab; null where the SDK gives none
 * @param firstAt server time of its first event, clamped around its receipt
 * @param lastAt server time of its last event, clamped around its receipt
 * @param userEvents events made by the person's own hand
 * @param rawBytes its size as lines of JSON
 * @param bytes its size as stored and sent
 */
public record Frame(
    long n,
    String tab,
    String batchId,
    @Nullable String clientSession,
    int ordinal,
    @Nullable Long seq,
    Instant receivedAt,
    Instant firstAt,
    Instant lastAt,
    int events,
    int userEvents,
    long rawBytes,
    long bytes,
    Outline outline) {}
