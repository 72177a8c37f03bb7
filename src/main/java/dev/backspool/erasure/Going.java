package dev.backspool.erasure;

import dev.backspool.session.Mark;
import java.util.UUID;

/**
 * An erasure that is under way.
 *
 * @param subject whom it is about
 */
@SuppressWarnings("ArrayRecordComponent") // A key; never compared.
record Going(UUID id, Mark subject, byte[] secret) {
  UUID project() {
    return subject.project();
  }
}
