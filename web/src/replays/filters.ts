import { lengthInWords } from '../parts/format';
import { stretch, WHENS, type When } from '../parts/times';

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
  /** Name of an analytics event that happened in it. */
  event?: string;
  recording?: true;
  /** Marked by a member, so that retention spares it. */
  kept?: true;
  errors?: true;
  live?: true;
}

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
    event: text('event'),
    recording: params.get('recording') === '1' ? true : undefined,
    kept: params.get('kept') === '1' ? true : undefined,
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
  set('event', filters.event);
  set('recording', filters.recording && 1);
  set('kept', filters.kept && 1);
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
  set('event', filters.event);
  set('recording', filters.recording && 'true');
  set('kept', filters.kept && 'true');
  set('has_errors', filters.errors && 'true');
  set('live', filters.live && 'true');
  return params.toString();
}

export type FilterKind =
  | 'time'
  | 'url'
  | 'profile'
  | 'event'
  | 'recording'
  | 'kept'
  | 'length'
  | 'events'
  | 'errors'
  | 'live';

/** The filters in use, each as a sentence a person can read. */
export function chips(filters: Filters): { kind: FilterKind; label: string }[] {
  const out: { kind: FilterKind; label: string }[] = [];
  if (filters.when) out.push({ kind: 'time', label: WHENS[filters.when].label });
  else if (filters.from || filters.to) out.push({ kind: 'time', label: stretch(filters.from, filters.to) });
  if (filters.url) out.push({ kind: 'url', label: `on a page with “${filters.url}”` });
  if (filters.profile) out.push({ kind: 'profile', label: `person “${filters.profile}”` });
  if (filters.event) out.push({ kind: 'event', label: `with the event “${filters.event}”` });
  if (filters.recording) out.push({ kind: 'recording', label: 'with recording' });
  if (filters.kept) out.push({ kind: 'kept', label: 'kept' });
  if (filters.minSeconds || filters.maxSeconds) {
    const min = filters.minSeconds && lengthInWords(filters.minSeconds * 1000);
    const max = filters.maxSeconds && lengthInWords(filters.maxSeconds * 1000);
    out.push({
      kind: 'length',
      label: min && max ? `${min} to ${max} long` : min ? `longer than ${min}` : `shorter than ${max}`,
    });
  }
  if (filters.minEvents) out.push({ kind: 'events', label: `at least ${filters.minEvents} recorded events` });
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
    event: ['event'],
    recording: ['recording'],
    kept: ['kept'],
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

/** The moment by the clock in an address (`at`, epoch ms), as links from an event have it; null when absent. */
export function readClockMoment(params: URLSearchParams): number | null {
  const value = params.get('at');
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

export function writeMoment(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}

function compact(filters: Filters): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as Filters;
}
