package dev.backspool.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks for a recording as the dashboard's player does: the index once, and at a moment every frame
 * of its scene up to there, from the nearest checkpoint on, three at a time.
 */
final class Watcher implements AutoCloseable {
  private static final int AT_ONCE = 3;
  private static final JsonMapper JSON = JsonMapper.shared();

  private final List<HttpConnection> connections = new ArrayList<>();
  private final String headers;

  Watcher(URI server, String adminToken) throws IOException {
    headers = "Authorization: Bearer " + adminToken + "\r\nAccept-Encoding: zstd\r\n";
    for (int i = 0; i < AT_ONCE; i++) {
      connections.add(new HttpConnection(server));
    }
  }

  private record Frame(long n, long from, List<Long> checkpoints) {}

  private record Tab(long from, List<Frame> frames) {}

  /** A recording whose index was read. */
  final class Tape {
    private final String path;
    private final long from;
    private final long to;
    private final List<Tab> tabs = new ArrayList<>();

    private Tape(String path, JsonNode index) {
      this.path = path;
      from = index.get("started_at_ms").asLong();
      to = index.get("ended_at_ms").asLong();
      for (JsonNode tab : index.get("tabs")) {
        String id = tab.get("id").asString();
        tabs.add(
            new Tab(
                tab.get("started_at_ms").asLong(),
                index
                    .get("frames")
                    .valueStream()
                    .filter(frame -> frame.get("tab").asString().equals(id))
                    .map(Tape::frame)
                    .toList()));
      }
      tabs.sort(Comparator.comparingLong(Tab::from));
    }

    private static Frame frame(JsonNode frame) {
      return new Frame(
          frame.get("n").asLong(),
          frame.get("from_ms").asLong(),
          frame.get("checkpoints").valueStream().map(JsonNode::asLong).toList());
    }

    long from() {
      return from;
    }

    long to() {
      return to;
    }

    /** Fetches what is needed at a moment; gives the number of frames. */
    int seek(long moment) throws IOException {
      List<String> wanted =
          scene(moment).stream().map(frame -> path + "/recording/frames/" + frame.n()).toList();
      fetch(wanted);
      return wanted.size();
    }

    private List<Frame> scene(long moment) {
      Tab tab = tabs.getFirst();
      for (Tab later : tabs) {
        tab = later.from() <= moment ? later : tab;
      }
      int first = 0;
      for (int i = 0; i < tab.frames().size(); i++) {
        if (tab.frames().get(i).checkpoints().stream().anyMatch(at -> at <= moment)) {
          first = i;
        }
      }
      return tab.frames().subList(first, tab.frames().size()).stream()
          .filter(frame -> frame.from() <= moment)
          .toList();
    }
  }

  /** Opens a session's recording. */
  Tape open(String sessionPath) throws IOException {
    byte[] index = connections.getFirst().get(sessionPath + "/recording", plain());
    return new Tape(sessionPath, JSON.readTree(index));
  }

  private String plain() {
    return headers.replace("Accept-Encoding: zstd", "Accept-Encoding: identity");
  }

  private void fetch(List<String> paths) throws IOException {
    var waiting = new ConcurrentLinkedQueue<>(paths);
    var failure = new AtomicReference<@Nullable IOException>();
    var threads = new ArrayList<Thread>();
    for (HttpConnection connection : connections) {
      threads.add(
          Thread.startVirtualThread(() -> {
            try {
              for (String path = waiting.poll(); path != null; path = waiting.poll()) {
                connection.get(path, headers);
              }
            } catch (IOException e) {
              failure.set(e);
            } catch (Target.Refused refused) {
              failure.set(new IOException(refused.getMessage()));
            }
          }));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  @Override
  public void close() {
    for (HttpConnection connection : connections) {
      try {
        connection.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
