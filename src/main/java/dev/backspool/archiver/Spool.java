package dev.backspool.archiver;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/** Keeps payloads in a passing file, to be taken out in another order. One thread at a time. */
final class Spool implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final Map<Long, Place> places = new HashMap<>();
  private long end;

  private record Place(long at, int bytes) {}

  Spool(PassingFiles files) throws IOException {
    file = files.make();
    channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  void add(long frame, byte[] payload) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(payload);
    while (bytes.hasRemaining()) {
      channel.write(bytes, end + bytes.position());
    }
    places.put(frame, new Place(end, payload.length));
    end += payload.length;
  }

  byte[] get(long frame) throws IOException {
    Place place = places.get(frame);
    if (place == null) {
      throw new IllegalStateException("frame " + frame + " was not kept");
    }
    ByteBuffer bytes = ByteBuffer.allocate(place.bytes());
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, place.at() + bytes.position()) < 0) {
        throw new IOException(file + " became shorter");
      }
    }
    return bytes.array();
  }

  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(file);
  }
}
