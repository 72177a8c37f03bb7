import type { Batch, KeptBatch } from './batch';
import { bodyBytes } from './batch';
import type { Entry } from './queue';
import type { Store } from './store';

/** All tabs together keep at most this much, so that the page's own storage is not used up. */
const CAPACITY = 1024 * 1024;
/** Older batches are of sessions nobody waits for; their receipts may be gone from the server, too. */
const LONGEST_MS = 24 * 3_600_000;
/** Type of an event that is not read again. */
const UNKNOWN = -1;
const NAME = /^unsent\.(\d+)\./;

/**
 * Batches that could not be sent before the page went, kept in `localStorage` for the next page of
 * the origin. Sending one twice does no harm: the server knows its id.
 */
export class Keep {
  constructor(private readonly store: Store) {}

  /** Keeps a batch, when there is room. What is not kept shows at the server as a missing number. */
  put(batch: Batch, now: number): void {
    const bytes = bodyBytes(batch);
    const used = this.store.names().reduce((sum, name) => sum + Number(NAME.exec(name)?.[1] ?? 0), 0);
    if (used + bytes > CAPACITY) {
      return;
    }
    const { id, session, tab, seq } = batch;
    const kept: KeptBatch = {
      id,
      session,
      tab,
      seq,
      events: batch.entries.map((entry) => entry.json),
      keptAt: now,
    };
    this.store.set(nameOf(batch), kept);
  }

  /** Forgets a batch that was dealt with after all. */
  remove(batch: Batch): void {
    this.store.remove(nameOf(batch));
  }

  /** Takes all kept batches out, so that no other page takes them, too. */
  takeAll(now: number): Batch[] {
    const batches: Batch[] = [];
    for (const name of this.store.names().filter((each) => NAME.test(each))) {
      const kept = this.store.get(name) as Partial<KeptBatch> | null | undefined;
      this.store.remove(name);
      if (isSound(kept) && Math.abs(now - kept.keptAt) <= LONGEST_MS) {
        batches.push(restore(kept));
      }
    }
    return batches.sort((a, b) => a.seq - b.seq);
  }
}

function nameOf(batch: Batch): string {
  return `unsent.${bodyBytes(batch)}.${batch.id}`;
}

function restore(kept: KeptBatch): Batch {
  const encoder = new TextEncoder();
  const entries = kept.events.map(
    (json): Entry => ({ json, bytes: encoder.encode(json).byteLength, session: kept.session, type: UNKNOWN }),
  );
  return { id: kept.id, session: kept.session, tab: kept.tab, seq: kept.seq, profile: undefined, entries };
}

function isSound(kept: Partial<KeptBatch> | null | undefined): kept is KeptBatch {
  return (
    typeof kept?.id === 'string' &&
    typeof kept.session === 'string' &&
    typeof kept.tab === 'string' &&
    typeof kept.seq === 'number' &&
    typeof kept.keptAt === 'number' &&
    Array.isArray(kept.events) &&
    kept.events.length > 0 &&
    kept.events.every((json) => typeof json === 'string')
  );
}
