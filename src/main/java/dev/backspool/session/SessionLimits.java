package dev.backspool.session;

import java.time.Duration;

/**
 * When a session ends by the server's clock.
 *
 * @param idle silence after which uploads of one token open a new session
 * @param max age at which any session is split
 */
public record SessionLimits(Duration idle, Duration max) {}
