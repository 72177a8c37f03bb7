import { createContext, useContext } from 'react';
import type { TrackedEvent } from '../api/types';
import { type EventKind, kindOf } from '../events/kinds';

/** An analytics event at its place on the recording's line of time. */
export interface Tracked {
  /** Milliseconds from the recording's start, inside the recording. */
  at: number;
  /** Where it lies if not inside: the page is recorded only while the recorder runs. */
  outside: 'before' | 'after' | null;
  kind: EventKind;
  event: TrackedEvent;
}

/**
 * The session's events on a recording's line of time, in their order.
 *
 * @param startedAt the recording's start, epoch ms
 * @param duration its length in ms
 */
export function place(events: readonly TrackedEvent[], startedAt: number, duration: number): Tracked[] {
  return events
    .map((event): Tracked => {
      const at = Date.parse(event.at) - startedAt;
      return {
        at: Math.min(Math.max(0, at), duration),
        outside: at < 0 ? 'before' : at > duration ? 'after' : null,
        kind: kindOf(event),
        event,
      };
    })
    .sort((a, b) => a.at - b.at);
}

/** The events whose name, path or property values hold a text. */
export function matching(events: readonly Tracked[], text: string): readonly Tracked[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return events;
  return events.filter(({ event }) =>
    [event.name, event.path, ...Object.values(event.properties)].some(
      (part) => typeof part === 'string' && part.toLowerCase().includes(wanted),
    ),
  );
}

/** The event nearest to a moment, no further than `reach` ms from it. */
export function nearest(events: readonly Tracked[], time: number, reach: number): Tracked | null {
  let found: Tracked | null = null;
  for (const event of events) {
    const distance = Math.abs(event.at - time);
    if (distance <= reach && (!found || distance < Math.abs(found.at - time))) found = event;
  }
  return found;
}

const NONE: readonly Tracked[] = [];

/** The events of the session being played, for the parts of the player. */
export const TrackedContext = createContext<readonly Tracked[]>(NONE);

export function useTracked(): readonly Tracked[] {
  return useContext(TrackedContext);
}
