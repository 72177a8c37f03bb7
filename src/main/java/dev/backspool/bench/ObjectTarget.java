package dev.backspool.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads the JSON and writes an object for each upload before its rows, as servers do that keep
 * payloads in a bucket: a file with fsync, which is kinder than a bucket's round trip.
 */
record ObjectTarget(Path objects, Target rows) implements Target {
  @Override
  public void send(Upload upload, Batch batch) throws IOException {
    upload.read();
    try (FileChannel object =
        FileChannel.open(
            objects.resolve(batch.id()), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      object.write(ByteBuffer.wrap(upload.events().payload()));
      object.force(true);
    }
    rows.send(upload, batch);
  }
}
