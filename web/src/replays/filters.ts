import { lengthInWords } from '../parts/format';

/** What the list is narrowed to. The address holds it; every part may be absent. */
export interface Filters {
  /** One of the named stretches up to now, or absent for any time. */
  when?: When;
  /** ISO moments, for a stretch chosen by hand. */
  from?: string;
  to?: string;
  url?: string;
  profile?: string;
  minSeconds?: number;
  maxSeconds?: number;
  minEvents?: number;
  errors?: true;
  live?: true;
}

export type When = '1h' | '24h' | '7d' | '30d';

export const WHENS: Record<When, { label: string; ms: number }> = {
  '1h': { label: 'Last hour', ms: 3_600_000 },
  '24h': { label: 'Last 24 hours', ms: 86_400_000 },
  '7d': { label: 'Last 7 days', ms: 7 * 86_400_000 },
  '30d': { label: 'Last 30 days', ms: 30 * 86_400_000 },
};

/** The filters in an address; what cannot be understood is left out. */
export function readFilters(params: URLSearchParams): Filters {
  const text = (key: string) => params.get(key)?.trim() || undefined;
  const amount = (key: string) => {
    const value = Number(params.get(key));
    return params.has(key) && Number.isFinite(value) && value > 0 ? Math.round(value) : undefined;
  };
  const moment = (key: string) => {
    const value = text(key);
    return value && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined;
  };
  const when = text('when');
  return compact({
    when: when && Object.hasOwn(WHENS, when) ? (when as When) : undefined,
    from: moment('from'),
    to: moment('to'),
    url: text('url'),
    profile: text('profile'),
    minSeconds: amount('min'),
    maxSeconds: amount('max'),
    minEvents: amount('events'),
    errors: params.get('errors') === '1' ? true : undefined,
    live: params.get('live') === '1' ? true : undefined,
  });
}

/** The filters as they stand in an address, always in the same order. */
export function writeFilters(filters: Filters): URLSearchParams {
  const params = new URLSearchParams();
  const set = (key: string, value: string | number | undefined) => {
    if (value !== undefined) params.set(key, String(value));
  };
  set('when', filters.when);
  set('from', filters.from);
  set('to', filters.to);
  set('url', filters.url);
  set('profile', filters.profile);
  set('min', filters.minSeconds);
  set('max', filters.maxSeconds);
  set('events', filters.minEvents);
  set('errors', filters.errors && 1);
  set('live', filters.live && 1);
  return params;
}

/**
 * The question to the server. A stretch "up to now" is rounded down to the minute, so that asking again
 * within it is the same question.
 */
export function serverQuery(filters: Filters, now: number): string {
  const params = new URLSearchParams();
  const set = (key: string, value: string | number | undefined) => {
    if (value !== undefined) params.set(key, String(value));
  };
  set('from', filters.when ? Math.floor((now - WHENS[filters.when].ms) / 60_000) * 60_000 : filters.from);
  set('to', filters.when ? undefined : filters.to);
  set('profile', filters.profile);
  set('min_duration_ms', filters.minSeconds && filters.minSeconds * 1000);
  set('max_duration_ms', filters.maxSeconds && filters.maxSeconds * 1000);
  set('min_events', filters.minEvents);
  set('url', filters.url);
  set('has_errors', filters.errors && 'true');
  set('live', filters.live && 'true');
  return params.toString();
}

export type FilterKind = 'time' | 'url' | 'profile' | 'length' | 'events' | 'errors' | 'live';

/** The filters in use, each as a sentence a person can read. */
export function chips(filters: Filters): { kind: FilterKind; label: string }[] {
  const out: { kind: FilterKind; label: string }[] = [];
  if (filters.when) out.push({ kind: 'time', label: WHENS[filters.when].label });
  else if (filters.from || filters.to) out.push({ kind: 'time', label: stretch(filters.from, filters.to) });
  if (filters.url) out.push({ kind: 'url', label: `on a page with “${filters.url}”` });
  if (filters.profile) out.push({ kind: 'profile', label: `person “${filters.profile}”` });
  if (filters.minSeconds || filters.maxSeconds) {
    const min = filters.minSeconds && lengthInWords(filters.minSeconds * 1000);
    const max = filters.maxSeconds && lengthInWords(filters.maxSeconds * 1000);
    out.push({
      kind: 'length',
      label: min && max ? `${min} to ${max} long` : min ? `longer than ${min}` : `shorter than ${max}`,
    });
  }
  if (filters.minEvents) out.push({ kind: 'events', label: `at least ${filters.minEvents} events` });
  if (filters.errors) out.push({ kind: 'errors', label: 'with errors' });
  if (filters.live) out.push({ kind: 'live', label: 'live now' });
  return out;
}

/** The filters without one kind. */
export function without(filters: Filters, kind: FilterKind): Filters {
  const gone: Record<FilterKind, (keyof Filters)[]> = {
    time: ['when', 'from', 'to'],
    url: ['url'],
    profile: ['profile'],
    length: ['minSeconds', 'maxSeconds'],
    events: ['minEvents'],
    errors: ['errors'],
    live: ['live'],
  };
  return Object.fromEntries(
    Object.entries(filters).filter(([key]) => !gone[kind].includes(key as keyof Filters)),
  ) as Filters;
}

/** The moment in an address (`t`, seconds with at most one decimal) in milliseconds; null when absent. */
export function readMoment(params: URLSearchParams): number | null {
  const value = params.get('t');
  if (value === null || !/^\d+(\.\d+)?$/.test(value)) return null;
  return Math.round(Number(value) * 1000);
}

export function writeMoment(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}

function stretch(from: string | undefined, to: string | undefined): string {
  const day = (iso: string) =>
    new Intl.DateTimeFormat('en-GB', {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    }).format(new Date(iso));
  if (from && to) return `${day(from)} to ${day(to)}`;
  return from ? `since ${day(from)}` : `until ${day(to as string)}`;
}

function compact(filters: Filters): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as Filters;
}
