package dev.backspool.verify;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How to verify.
 *
 * @param project only this one; null all of them
 * @param repair whether to put right what can be
 * @param quick whether to leave out what is inside of payloads and groups: of an object only its
 *     size and its index are looked at
 */
public record Options(@Nullable UUID project, boolean repair, boolean quick) {}
