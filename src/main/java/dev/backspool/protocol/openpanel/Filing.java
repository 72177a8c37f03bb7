package dev.backspool.protocol.openpanel;

import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.event.Events;
import dev.backspool.event.Row;
import dev.backspool.event.Sender;
import dev.backspool.event.StoreEvents;
import dev.backspool.event.StoredEvents;
import dev.backspool.ingest.Ingest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Stores the drafts of one request in their order, and keeps what became of each. */
final class Filing {
  private final Events events;
  private final Ingest ingest;
  private final ReplayChunks replays;
  private final Caller caller;
  private final Rows rows;
  private final @Nullable Sender asker;

  private final List<Row> pending = new ArrayList<>();
  private final List<Integer> drafts = new ArrayList<>();
  private final Ending[] endings;
  private @Nullable String device;
  private @Nullable UUID session;

  private Filing(
      Events events,
      Ingest ingest,
      ReplayChunks replays,
      Caller caller,
      Rows rows,
      @Nullable Sender asker,
      int count) {
    this.events = events;
    this.ingest = ingest;
    this.replays = replays;
    this.caller = caller;
    this.rows = rows;
    this.asker = asker;
    endings = new Ending[count];
    Arrays.fill(endings, Ending.STORED);
  }

  /**
   * What became of a request.
   *
   * @param endings one for each draft, in order
   * @param device the asker's; null where nobody asked, or nothing could be asked
   * @param session as above
   */
  record Filed(List<Ending> endings, @Nullable String device, @Nullable UUID session) {
    boolean storedAny() {
      return endings.stream().anyMatch(Ending::isStored);
    }
  }

  /** Stores drafts. Returns when all that could be stored is durable. */
  static Filed file(
      Events events,
      Ingest ingest,
      ReplayChunks replays,
      Caller caller,
      Rows rows,
      @Nullable Sender asker,
      List<Draft> drafts) {
    var filing = new Filing(events, ingest, replays, caller, rows, asker, drafts.size());
    for (int i = 0; i < drafts.size(); i++) {
      filing.add(i, drafts.get(i));
    }
    filing.finish();
    return new Filed(List.of(filing.endings), filing.device, filing.session);
  }

  private void add(int i, Draft draft) {
    if (draft instanceof Draft.Replay replay) {
      if (!pending.isEmpty()) {
        // They may open the session it belongs to.
        commit();
      }
      endings[i] = replays.store(caller, Rows.ids(rows.sender()), replay);
      return;
    }
    Ending refused = rows.add(draft, pending);
    if (refused != null) {
      endings[i] = refused;
      count(reason(refused), refused.error());
    }
    while (drafts.size() < pending.size()) {
      drafts.add(i);
    }
  }

  private static Reason reason(Ending refused) {
    if (refused.status() != 401) {
      return Reason.MALFORMED;
    }
    return refused.error().endsWith("excluded") ? Reason.EXCLUDED : Reason.WRONG_KEY;
  }

  private void finish() {
    boolean asked =
        asker != null && (endings.length == 0 || Arrays.stream(endings).anyMatch(Ending::isStored));
    if (asked || !pending.isEmpty()) {
      commit();
    }
  }

  private void commit() {
    var request =
        new StoreEvents(
            caller.project().id(),
            Source.OPENPANEL,
            caller.receivedAt(),
            asker,
            caller.server() ? null : caller.userAgent(),
            caller.sdkName(),
            caller.sdkVersion(),
            List.copyOf(pending));
    switch (events.store(request)) {
      case StoredEvents.Committed committed -> {
        device = committed.device();
        session = committed.session();
        for (int row = 0; row < drafts.size(); row++) {
          end(drafts.get(row), committed.rows().get(row));
        }
      }
      case StoredEvents.Refused why -> {
        Ending ending = Ending.of(why.reason(), why.detail(), why.retryAfter());
        drafts.forEach(draft -> endings[draft] = ending);
      }
    }
    pending.clear();
    drafts.clear();
  }

  private void end(int draft, StoredEvents.RowOutcome outcome) {
    switch (outcome) {
      case STORED, REPEATED -> {
        // As it is counted from the start.
      }
      case NO_PROFILE -> refuse(draft, Ending.NO_PROFILE);
      case NO_NUMBER -> refuse(draft, Ending.NO_NUMBER);
      case ERASED -> endings[draft] = Ending.ERASED;
      case UNSTORABLE -> endings[draft] = Ending.UNSTORABLE;
    }
  }

  private void refuse(int draft, Ending ending) {
    endings[draft] = ending;
    count(Reason.MALFORMED, ending.error());
  }

  private void count(Reason reason, String detail) {
    ingest.count(caller.project().id(), Source.OPENPANEL, reason, detail);
  }
}
