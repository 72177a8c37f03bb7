package dev.backspool.recording;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The frames that are not archived yet: each is a chunk, as it was uploaded. */
final class Chunks {
  private Chunks() {}

  /** A chunk's bytes, not checked. */
  @SuppressWarnings("ArrayRecordComponent") // Bytes on their way out; never compared.
  record Stored(byte[] zstd, int rawBytes) {}

  /** All of a session, in no order. */
  static List<Frame> of(Handle handle, UUID project, UUID session) {
    return handle
        .createQuery(
            "select "
                + Playback.CHUNK_COLUMNS
                + """
                from chunk
                where project_id = :project and session_id = :session
                """)
        .bind("project", project)
        .bind("session", session)
        .map((row, _) -> Playback.frame(row))
        .list();
  }

  /** The bytes of one; empty when it is gone, perhaps into the archive. */
  static Optional<Stored> stored(Handle handle, UUID project, UUID session, long frame) {
    return handle
        .createQuery(
            """
            select payload, raw_bytes
            from chunk
            where project_id = :project and session_id = :session and id = :frame
            """)
        .bind("project", project)
        .bind("session", session)
        .bind("frame", frame)
        .map((row, _) -> new Stored(row.getBytes("payload"), row.getInt("raw_bytes")))
        .findOne();
  }
}
