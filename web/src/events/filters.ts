import { stretch, WHENS, type When } from '../parts/times';

/** What the feed is narrowed to. The address holds it; every part may be absent. */
export interface EventFilters {
  /** Any of these names. */
  names?: string[];
  /** A part of the name or the path. */
  q?: string;
  profile?: string;
  device?: string;
  session?: string;
  group?: string;
  path?: string;
  /** Properties that must have these values. */
  properties?: Record<string, string>;
  when?: When;
  /** ISO moments, for a stretch chosen by hand. */
  from?: string;
  to?: string;
}

const TEXTS = ['q', 'profile', 'device', 'session', 'group', 'path'] as const;
const PROPERTY = 'property.';

/** The filters in an address; what cannot be understood is left out. */
export function readEventFilters(params: URLSearchParams): EventFilters {
  const out: EventFilters = {};
  const names = [...new Set(params.getAll('name').filter((n) => n.trim() !== ''))];
  if (names.length > 0) out.names = names;
  for (const key of TEXTS) {
    const value = params.get(key)?.trim();
    if (value) out[key] = value;
  }
  const properties = [...params]
    .filter(([key]) => key.startsWith(PROPERTY) && key.length > PROPERTY.length)
    .map(([key, value]) => [key.slice(PROPERTY.length), value]);
  if (properties.length > 0) out.properties = Object.fromEntries(properties);
  const when = params.get('when');
  if (when && Object.hasOwn(WHENS, when)) out.when = when as When;
  for (const key of ['from', 'to'] as const) {
    const value = params.get(key);
    if (value && !Number.isNaN(Date.parse(value))) out[key] = new Date(value).toISOString();
  }
  return out;
}

/** The filters as they stand in an address, always in the same order. */
export function writeEventFilters(filters: EventFilters): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of filters.names ?? []) params.append('name', name);
  for (const key of TEXTS) if (filters[key]) params.set(key, filters[key]);
  for (const [key, value] of Object.entries(filters.properties ?? {})) params.set(PROPERTY + key, value);
  for (const key of ['when', 'from', 'to'] as const) if (filters[key]) params.set(key, filters[key]);
  return params;
}

/** The question to the server; see the list of sessions for why "up to now" is rounded to the minute. */
export function eventQuery(filters: EventFilters, now: number): string {
  const params = writeEventFilters(filters);
  params.delete('when');
  if (filters.when) {
    params.set('from', String(Math.floor((now - WHENS[filters.when].ms) / 60_000) * 60_000));
    params.delete('to');
  }
  return params.toString();
}

export type EventFilterKind =
  | 'time'
  | 'profile'
  | 'device'
  | 'session'
  | 'group'
  | 'path'
  | `property.${string}`;

/** The filters in use that have no field of their own, each as a sentence a person can read. */
export function eventChips(filters: EventFilters): { kind: EventFilterKind; label: string }[] {
  const out: { kind: EventFilterKind; label: string }[] = [];
  if (filters.when) out.push({ kind: 'time', label: WHENS[filters.when].label });
  else if (filters.from || filters.to) out.push({ kind: 'time', label: stretch(filters.from, filters.to) });
  if (filters.profile) out.push({ kind: 'profile', label: `by “${filters.profile}”` });
  if (filters.path) out.push({ kind: 'path', label: `on ${filters.path}` });
  if (filters.group) out.push({ kind: 'group', label: `of the group “${filters.group}”` });
  if (filters.device) out.push({ kind: 'device', label: `from the device ${filters.device.slice(0, 8)}` });
  if (filters.session) out.push({ kind: 'session', label: `in the session ${filters.session.slice(0, 8)}` });
  for (const [key, value] of Object.entries(filters.properties ?? {})) {
    out.push({ kind: `property.${key}`, label: `${key} is “${value}”` });
  }
  return out;
}

/** The filters without one kind. */
export function withoutEvent(filters: EventFilters, kind: EventFilterKind): EventFilters {
  const next = { ...filters };
  if (kind === 'time') {
    delete next.when;
    delete next.from;
    delete next.to;
  } else if (kind.startsWith(PROPERTY)) {
    const left = Object.entries(filters.properties ?? {}).filter(([key]) => PROPERTY + key !== kind);
    if (left.length > 0) next.properties = Object.fromEntries(left);
    else delete next.properties;
  } else {
    delete next[kind as Exclude<EventFilterKind, 'time' | `property.${string}`>];
  }
  return next;
}
