package dev.backspool.verify;

import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.verify.SessionState.Chunk;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A session's uploads, wherever they are: each is one, though it may lie in several places. */
final class Uploads {
  private final Map<Long, Upload> byName = new HashMap<>();
  private int unread;

  /**
   * An upload.
   *
   * @param object the object that holds it; null when it is in PostgreSQL
   * @param shiftMs what was added to its events' own times; null when no event has one
   */
  record Upload(
      long n,
      String tab,
      String batchId,
      int ordinal,
      Instant receivedAt,
      int events,
      @Nullable String object,
      @Nullable Long shiftMs) {}

  /**
   * Begins with those in PostgreSQL.
   *
   * @param events how many events their payloads have, where that is known
   */
  Uploads(SessionState session, Map<Long, Integer> events) {
    for (Chunk chunk : session.chunks()) {
      byName.put(
          chunk.n(),
          new Upload(
              chunk.n(),
              chunk.tab(),
              chunk.batchId(),
              chunk.ordinal(),
              chunk.receivedAt(),
              events.getOrDefault(chunk.n(), chunk.events()),
              null,
              null));
    }
  }

  /** Adds those of an object, and returns those that were known already. */
  List<Frame> add(Part part, List<Frame> frames) {
    var twice = new ArrayList<Frame>();
    for (Frame frame : frames) {
      long from = frame.outline().from();
      var upload =
          new Upload(
              frame.n(),
              frame.tab(),
              frame.batchId(),
              frame.ordinal(),
              frame.receivedAt(),
              frame.events(),
              part.object(),
              from == 0 ? null : (Long) (frame.firstAt().toEpochMilli() - from));
      if (byName.putIfAbsent(frame.n(), upload) != null) {
        twice.add(frame);
      }
    }
    return twice;
  }

  /** Notes an object that cannot be opened. */
  void unread(Part part) {
    unread += part.frames();
  }

  /** How many uploads are in objects that cannot be opened. */
  int unread() {
    return unread;
  }

  int count() {
    return byName.size();
  }

  Collection<Upload> all() {
    return byName.values();
  }

  /** By tab. */
  Map<String, List<Upload>> tabs() {
    var tabs = new TreeMap<String, List<Upload>>();
    for (Upload upload : byName.values()) {
      tabs.computeIfAbsent(upload.tab(), _ -> new ArrayList<>()).add(upload);
    }
    return tabs;
  }
}
