package dev.backspool.ingest;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The public credential of an upload, in the form its contract has. Can write, never read. */
public sealed interface WriteKey {
  /** Of our own and the UXCam-like contract. */
  record SdkKey(String key) implements WriteKey {}

  /** Of the Stack Auth contract. */
  record PublishableKey(UUID project, String key) implements WriteKey {}

  /** Of a project whose uploads are admitted by a signed access token alone (Stack Auth). */
  record Token(UUID project) implements WriteKey {}

  /**
   * Of the OpenPanel contract: a public client id, which admits pages of the allowed origins, and
   * for other senders the secret that goes with it.
   *
   * @param secret as it was sent, not verified; null where none was
   */
  record Client(UUID clientId, @Nullable String secret) implements WriteKey {
    /** Without the secret, so that it stays out of logs. */
    @Override
    public String toString() {
      return "Client[" + clientId + "]";
    }
  }
}
