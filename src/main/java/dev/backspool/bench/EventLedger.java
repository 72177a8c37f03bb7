package dev.backspool.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the clients know of the requests of events they sent. Threads share one. */
final class EventLedger {
  private final Map<String, Post> unanswered = new ConcurrentHashMap<>();
  private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();

  /**
   * A request.
   *
   * @param mark its rows carry it, with their numbers from 0
   * @param visitor whose address it is sent from
   */
  @SuppressWarnings("ArrayRecordComponent") // Bytes on their way to a socket; never compared.
  record Post(String mark, int rows, String path, int visitor, byte[] body) {}

  /** To be called before the first byte goes out. */
  void sending(Post post) {
    unanswered.put(post.mark(), post);
  }

  /** To be called after the answer. Its body is forgotten: nobody sends it again. */
  void acknowledged(Post post) {
    acknowledged.put(post.mark(), post.rows());
    unanswered.remove(post.mark());
  }

  /** The requests without an answer. */
  List<Post> unanswered() {
    return List.copyOf(unanswered.values());
  }

  /** The marks of the others, each with its rows. */
  Map<String, Integer> acknowledged() {
    return acknowledged;
  }
}
