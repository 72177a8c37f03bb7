import type { RetentionDays, RetentionNext } from '../api/types';
import { bytes, counted, soon, when } from '../parts/format';

/** How much larger the one is than the other, after "is": "9.3 times as much", "about as much". */
export function timesAsMuch(larger: number, smaller: number): string {
  const times = larger / smaller;
  if (!Number.isFinite(times) || (times > 0.95 && times < 1.05)) return 'about as much';
  return `${times < 9.95 ? times.toFixed(1) : Math.round(times)} times as much`;
}

/** "90 days", "for ever" */
export function forHowLong(days: number | null): string {
  return days === null ? 'for ever' : counted(days, 'day');
}

const KEPT: [keyof RetentionDays, string][] = [
  ['recording_days', 'Recordings'],
  ['event_days', 'Events'],
  ['kept_days', 'Kept sessions'],
];

/** What would be kept for a shorter time than now, each in a sentence; moving to the cold tier deletes nothing. */
export function shortened(now: RetentionDays, next: RetentionDays): string[] {
  const endless = (days: number | null) => days ?? Number.POSITIVE_INFINITY;
  return KEPT.filter(([key]) => endless(next[key]) < endless(now[key])).map(
    ([key, name]) => `${name}: ${forHowLong(next[key])} instead of ${forHowLong(now[key])}`,
  );
}

/** When the next run begins: one that is due begins whenever the server next looks. */
export function dueAt(iso: string, now: number = Date.now()): string {
  return Date.parse(iso) - now < 600_000 ? 'within minutes' : soon(iso, now);
}

/** After "began": "just now", "5 min ago", "today 03:00". */
export function began(iso: string, now: number = Date.now()): string {
  const words = when(iso, now);
  return words === 'now' ? 'just now' : words;
}

/** What a run removes, each kind in words; nothing where it removes nothing. */
export function removals(next: RetentionNext): string[] {
  const size = next.bytes > 0 ? `, ${bytes(next.bytes)}` : '';
  return [
    next.recordings > 0 ? `${counted(next.recordings, 'recording')}${size}` : '',
    next.events > 0 ? counted(next.events, 'event') : '',
    next.sessions > 0 ? `${counted(next.sessions, 'session')} of the list` : '',
  ].filter((line) => line !== '');
}
