package dev.backspool.sync;

/** Opens sinks of a kind. */
@FunctionalInterface
public interface SinkOpener {
  /**
   * Opens a sink.
   *
   * @param connection its address, with a password perhaps; never to be logged
   */
  Sink open(String connection) throws SinkException;
}
