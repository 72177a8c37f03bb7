import { newId } from './ids';
import type { Entry } from './queue';
import { toArray } from './queue';

/** The person in front of the page, as the page names them. */
export interface Profile {
  readonly id: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
}

/** Events on their way to the server. A batch keeps its id and number however often it is sent. */
export interface Batch {
  /** UUID by which the server knows a batch that it has already stored. */
  readonly id: string;
  readonly session: string;
  readonly tab: string;
  /** Number of the batch within its session and tab, from 0; the halves of a split batch share it. */
  readonly seq: number;
  readonly profile: Profile | undefined;
  readonly entries: readonly Entry[];
}

/** A batch as it is kept for the next page load. */
export interface KeptBatch {
  readonly id: string;
  readonly session: string;
  readonly tab: string;
  readonly seq: number;
  /** Each event's JSON: kept apart, so that a batch can still be split. */
  readonly events: readonly string[];
  /** When it was kept, milliseconds since the epoch. */
  readonly keptAt: number;
}

/** Where batches go. */
export interface Destination {
  /** `https://replay.example.com`, without a trailing slash. */
  readonly host: string;
  readonly key: string;
}

/** Length of the batch's JSON array in UTF-8 bytes. */
export function bodyBytes(batch: Batch): number {
  return batch.entries.reduce((sum, entry) => sum + entry.bytes + 1, 1);
}

export function body(batch: Batch): string {
  return toArray(batch.entries);
}

/**
 * The address a batch is sent to.
 *
 * @param sentAt this attempt's time by the browser's clock, from which the server learns the clock's error
 */
export function address(destination: Destination, batch: Batch, sentAt: number): string {
  const query = new URLSearchParams({
    key: destination.key,
    batch_id: batch.id,
    session_id: batch.session,
    tab_id: batch.tab,
    seq: String(batch.seq),
    sent_at: String(sentAt),
  });
  if (batch.profile) {
    query.set('profile_id', batch.profile.id);
    if (batch.profile.name) {
      query.set('profile_name', batch.profile.name);
    }
    if (batch.profile.email) {
      query.set('profile_email', batch.profile.email);
    }
  }
  return `${destination.host}/v1/replay?${query}`;
}

/**
 * Cuts a batch in two at the event that crosses the middle of its bytes. Both halves have new ids, as
 * neither holds what the server refused. Both keep the number: so nothing seems to be missing, and
 * they stay before the batch that was numbered next.
 *
 * @returns the halves, or undefined when there is only one event
 */
export function split(batch: Batch): [Batch, Batch] | undefined {
  if (batch.entries.length < 2) {
    return undefined;
  }
  const half = bodyBytes(batch) / 2;
  let bytes = 0;
  let at = 0;
  while (at < batch.entries.length - 1 && (at === 0 || bytes + (batch.entries[at]?.bytes ?? 0) <= half)) {
    bytes += batch.entries[at]?.bytes ?? 0;
    at++;
  }
  return [
    { ...batch, id: newId(), entries: batch.entries.slice(0, at) },
    { ...batch, id: newId(), entries: batch.entries.slice(at) },
  ];
}
