package dev.backspool.protocol.openpanel;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.backspool.http.Body;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Notices a request that a page sends twice in one go, as double clicks and double mounted
 * components do: the same body, address, origin and client within 100 ms. The second waits for the
 * first and gets its answer. Known in this process alone, and only the last ones.
 */
final class Repeats {
  private static final Duration AT_ONCE = Duration.ofMillis(100);
  private static final int KEPT = 100_000;

  private final Cache<ByteBuffer, CompletableFuture<Reply>> last =
      Caffeine.newBuilder().expireAfterWrite(AT_ONCE).maximumSize(KEPT).build();

  /** What makes two requests the same. */
  static ByteBuffer key(Body body, String ip, String origin, String clientId) {
    try {
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      hash.update((ip + "\n" + origin + "\n" + clientId + "\n").getBytes(StandardCharsets.UTF_8));
      hash.update(body.bytes(), 0, body.length());
      return ByteBuffer.wrap(hash.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Answers a request; a repeat of one that succeeded by the same answer. */
  Reply once(ByteBuffer key, Supplier<Reply> answer) {
    var mine = new CompletableFuture<Reply>();
    CompletableFuture<Reply> first = last.asMap().putIfAbsent(key, mine);
    if (first != null) {
      Reply known = first.exceptionally(_ -> Reply.text(500, "")).join();
      return known.isSuccess() ? known : answer.get();
    }
    try {
      Reply reply = answer.get();
      mine.complete(reply);
      return reply;
    } finally {
      // Nothing after an answer; after an exception it frees whoever waits.
      mine.completeExceptionally(new IllegalStateException("the first failed"));
    }
  }
}
