package dev.backspool.recording;

import dev.backspool.recording.file.DamagedRecording;
import dev.backspool.recording.file.FrameReader;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A session's recording, opened to read many of its frames one after the other. In play order each
 * group of an archived part is fetched once. Frames that are archived, merged or moved to the cold
 * tier meanwhile are followed to where they went. One thread at a time.
 */
public final class Reel {
  /** Each holds a group: frames by their time may alternate between late parts and others. */
  private static final int MOST_READERS = 4;

  private final Playback playback;
  private final UUID project;
  private final UUID session;
  private final Contents contents;

  private List<Part> parts;
  private final Map<Long, Part> holders;
  private final Map<String, FrameReader> readers = new LinkedHashMap<>(8, 0.75f, true);

  /** Objects that were asked for and cannot be had: none is waited for twice. */
  private final Map<String, IOException> lost = new HashMap<>();

  private final Outages outages = new Outages();

  Reel(Playback playback, UUID project, UUID session) {
    this.playback = playback;
    this.project = project;
    this.session = session;
    Playback.Found found = playback.find(project, session);
    contents = found.contents();
    parts = found.parts();
    holders = new HashMap<>(found.holders());
  }

  /** What there was of the recording when this was opened. */
  public Contents contents() {
    return contents;
  }

  /**
   * A frame's events, known to be whole.
   *
   * @param frame one of the {@link #contents}
   * @return empty when it is gone since
   * @throws dev.backspool.rrweb.DamagedPayload when the bytes are not those that were written
   * @throws IOException when the archive's object that holds it, or may hold it since, cannot be
   *     read: {@link Fault#of} tells why
   */
  public Optional<Payload> read(Frame frame) throws IOException {
    while (true) {
      Part holder = holders.get(frame.n());
      @Nullable IOException failure = null;
      if (holder == null) {
        Optional<Payload> hot = playback.hot(project, session, frame.n());
        if (hot.isPresent()) {
          return hot;
        }
      } else {
        failure = lost.get(holder.name());
        if (failure != null) {
          throw failure;
        }
        try {
          return outages.ask(holder, () -> reader(holder).lines(frame.n())).map(Payload::lines);
        } catch (IOException unreadable) {
          if (unreadable instanceof DamagedRecording damaged && damaged.group().isPresent()) {
            throw damaged; // The other groups may be whole.
          }
          lost.put(holder.name(), unreadable);
          failure = unreadable;
        }
      }
      boolean elsewhere = failure == null || Fault.of(failure) == Fault.MISSING;
      if (!elsewhere || !lookAgain()) {
        if (failure != null) {
          throw failure;
        }
        return gone();
      }
    }
  }

  /** A frame that is nowhere may be in an object that cannot be opened. */
  private Optional<Payload> gone() throws IOException {
    List<IOException> failures =
        parts.stream().map(part -> lost.get(part.name())).filter(Objects::nonNull).toList();
    if (failures.isEmpty()) {
      return Optional.empty();
    }
    throw Playback.mostHopeful(failures);
  }

  private FrameReader reader(Part part) throws IOException {
    FrameReader known = readers.get(part.name());
    if (known != null) {
      return known;
    }
    FrameReader reader = playback.files().open(part, outages).reader();
    readers.put(part.name(), reader);
    if (readers.size() > MOST_READERS) {
      var eldest = readers.keySet().iterator();
      eldest.next();
      eldest.remove();
    }
    return reader;
  }

  /** Follows the frames to where they are now; false when nothing has moved. */
  private boolean lookAgain() {
    List<Part> now = playback.parts(project, session);
    if (Playback.sameObjects(parts, now)) {
      return false;
    }
    parts = now;
    readers.clear();
    holders.clear();
    for (Part part : now) {
      try {
        outages
            .ask(part, () -> playback.files().open(part, outages).frames())
            .forEach(frame -> holders.put(frame.n(), part));
      } catch (IOException unreadable) {
        lost.put(part.name(), unreadable);
      }
    }
    return true;
  }
}
