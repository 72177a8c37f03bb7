import type { TrackedEvent } from '../api/types';

/** What an event is to a reader; everything that has no meaning of its own is custom. */
export type EventKind = 'screen_view' | 'custom' | 'revenue' | 'session_start' | 'session_end';

/** How kinds are named and coloured, wherever events are marked. */
export const KINDS: Record<EventKind, { name: string; color: string }> = {
  screen_view: { name: 'Screen views', color: 'var(--event-screen)' },
  custom: { name: 'Custom events', color: 'var(--event-custom)' },
  revenue: { name: 'Revenue', color: 'var(--event-revenue)' },
  session_start: { name: 'Session start', color: 'var(--event-session)' },
  session_end: { name: 'Session end', color: 'var(--event-session)' },
};

export function kindOf(event: Pick<TrackedEvent, 'name' | 'revenue'>): EventKind {
  if (event.revenue !== null || event.name === 'revenue') return 'revenue';
  return Object.hasOwn(KINDS, event.name) ? (event.name as EventKind) : 'custom';
}
