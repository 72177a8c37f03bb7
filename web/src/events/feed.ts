import type { EventPage, TrackedEvent } from '../api/types';

/** What a live stream has brought since the list was read. */
export interface Arrivals {
  /** In the list, newest first. */
  shown: TrackedEvent[];
  /** Waiting until the reader wants them, newest first. */
  held: TrackedEvent[];
  /** More came than are kept: the list has to be read again to be without holes. */
  overflowed: boolean;
}

export const NO_ARRIVALS: Arrivals = { shown: [], held: [], overflowed: false };

/** Arrivals kept in the browser; beyond it the server's own list is the shorter way. */
export const MOST_ARRIVALS = 400;

/** Newest first: by time, and by the order of storing where times are equal. */
export function newestFirst(a: TrackedEvent, b: TrackedEvent): number {
  const byTime = Date.parse(b.at) - Date.parse(a.at);
  // Ids are 64-bit numbers as text: a longer one is larger.
  return byTime || b.id.length - a.id.length || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** Events have come; while `hold` is on, they wait. One that came before is not taken twice. */
export function arrive(before: Arrivals, events: readonly TrackedEvent[], hold: boolean): Arrivals {
  const known = new Set([...before.shown, ...before.held].map((e) => e.id));
  const fresh = events.filter((e) => !known.has(e.id) && known.add(e.id));
  if (fresh.length === 0) return before;
  const all = [...fresh, ...(hold ? before.held : before.shown)].sort(newestFirst);
  const kept = all.slice(0, MOST_ARRIVALS);
  return {
    ...before,
    [hold ? 'held' : 'shown']: kept,
    overflowed: before.overflowed || kept.length < all.length,
  };
}

/** The reader wants what was held. */
export function release(before: Arrivals): Arrivals {
  return arrive({ ...before, held: [] }, before.held, false);
}

/**
 * One list of what was read and what came since. An arrival from before the oldest one read is left
 * out while there is more to read: it comes with its neighbours.
 */
export function joined(pages: readonly EventPage[], shown: readonly TrackedEvent[]): TrackedEvent[] {
  const read = pages.flatMap((page) => page.events);
  const oldest = read.at(-1);
  const more = pages.at(-1)?.next_cursor != null;
  const fits = (event: TrackedEvent) => !more || !oldest || newestFirst(event, oldest) <= 0;
  const seen = new Set<string>();
  return [...shown.filter(fits), ...read].filter((e) => !seen.has(e.id) && seen.add(e.id)).sort(newestFirst);
}
