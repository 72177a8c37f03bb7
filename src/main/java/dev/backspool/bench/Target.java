package dev.backspool.bench;

import java.io.IOException;

/** Where one client's uploads go. One thread at a time. */
interface Target extends AutoCloseable {
  /**
   * Sends an upload and returns when it is stored.
   *
   * @throws Refused when it is turned away
   * @throws IOException when the other side is gone; whether it was stored is not known
   */
  void send(Upload upload, Batch batch) throws IOException;

  @Override
  default void close() throws IOException {}

  /**
   * What names an upload.
   *
   * @param seq its number in its session, from 0
   */
  record Batch(String session, int seq) {
    String id() {
      return session + "." + seq;
    }
  }

  /** The upload was answered, but not stored. */
  final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused(String answer) {
      super(answer);
    }
  }
}
