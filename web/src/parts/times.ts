export type When = '1h' | '24h' | '7d' | '30d';

/** The named stretches up to now that a list can be narrowed to. */
export const WHENS: Record<When, { label: string; ms: number }> = {
  '1h': { label: 'Last hour', ms: 3_600_000 },
  '24h': { label: 'Last 24 hours', ms: 86_400_000 },
  '7d': { label: 'Last 7 days', ms: 7 * 86_400_000 },
  '30d': { label: 'Last 30 days', ms: 30 * 86_400_000 },
};

const moment = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** A stretch chosen by hand, in words; at least one end is known. */
export function stretch(from: string | undefined, to: string | undefined): string {
  const day = (iso: string) => moment.format(new Date(iso));
  if (from && to) return `${day(from)} to ${day(to)}`;
  return from ? `since ${day(from)}` : `until ${day(to as string)}`;
}
