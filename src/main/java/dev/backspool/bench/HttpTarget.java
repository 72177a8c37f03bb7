package dev.backspool.bench;

import java.io.IOException;
import java.net.URI;

/** A client of our own upload contract. */
final class HttpTarget implements Target {
  private final String key;
  private final HttpConnection connection;

  HttpTarget(URI server, String key) throws IOException {
    this.key = key;
    connection = new HttpConnection(server);
  }

  @Override
  public void send(Upload upload, Batch batch) throws IOException {
    connection.post(
        "/v1/replay?batch_id=%s&session_id=%s&tab_id=main&seq=%d"
            .formatted(batch.id(), batch.session(), batch.seq()),
        "Authorization: Bearer %s\r\nContent-Encoding: gzip\r\n".formatted(key),
        upload.body());
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
