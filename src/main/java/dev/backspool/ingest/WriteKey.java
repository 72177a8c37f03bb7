package dev.backspool.ingest;

import java.util.UUID;

/** The public credential of an upload, in the form its contract has. Can write, never read. */
public sealed interface WriteKey {
  /** Of our own and the UXCam-like contract. */
  record SdkKey(String key) implements WriteKey {}

  /** Of the Stack Auth contract. */
  record PublishableKey(UUID project, String key) implements WriteKey {}

  /** Of a project whose uploads are admitted by a signed access token alone (Stack Auth). */
  record Token(UUID project) implements WriteKey {}
}
