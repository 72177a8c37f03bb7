package dev.backspool.ingest;

import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.session.Opener;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The command to store one uploaded batch of rrweb events of one tab.
 *
 * @param batchId names the upload within its project: the same id again is answered from the
 *     receipt
 * @param tabId one page load or one browser tab, as the contract has it; node ids are valid inside
 *     it
 * @param seq the number the SDK gave the batch within its tab; null where it gives none
 * @param sentAt the client's clock as it sent; null where the contract does not tell
 * @param clientSession the SDK's own session id where it names no session here, kept for who reads
 *     the upload back; null where the contract has none
 * @param shiftMs null for uploads: the shift from the client's clock to the server's is found when
 *     the tab is first seen, and times stay near their receipt. An import names its own (0 keeps
 *     the times as they are), and nothing is clamped
 */
public record StoreChunk(
    UUID project,
    Source source,
    Opener opener,
    String batchId,
    String tabId,
    @Nullable Long seq,
    @Nullable String clientSession,
    Instant receivedAt,
    @Nullable Instant sentAt,
    @Nullable Long shiftMs,
    Visitor visitor,
    EventBlock events) {

  /** A chunk whose contract has no session id beside the one that opens the session. */
  public StoreChunk(
      UUID project,
      Source source,
      Opener opener,
      String batchId,
      String tabId,
      @Nullable Long seq,
      Instant receivedAt,
      @Nullable Instant sentAt,
      @Nullable Long shiftMs,
      Visitor visitor,
      EventBlock events) {
    this(
        project,
        source,
        opener,
        batchId,
        tabId,
        seq,
        null,
        receivedAt,
        sentAt,
        shiftMs,
        visitor,
        events);
  }
}
