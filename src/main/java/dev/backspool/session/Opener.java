package dev.backspool.session;

import java.util.UUID;

/** What a contract names a session by. */
public sealed interface Opener {
  /**
   * The SDK names its sessions and decides when a new one begins; the server only splits one that
   * runs past the maximum duration.
   *
   * @param name the SDK's session id, for example {@code sess_1717840800_k3f9a}
   */
  record Named(String name) implements Opener {}

  /**
   * The server groups uploads of one sign-in: a new session begins after the idle limit or the
   * maximum duration, by the server's clock (Stack Auth contract, section 1.3).
   *
   * @param token id of the refresh token, or what stands for it
   */
  record Token(String token) implements Opener {}

  /** A session that is there already, opened by the events of its visitor. */
  record Known(UUID session) implements Opener {}

  /** The opener as a key of its project. */
  default String key() {
    return switch (this) {
      case Named named -> "name:" + named.name();
      case Token token -> "token:" + token.token();
      case Known known -> "id:" + known.session();
    };
  }
}
