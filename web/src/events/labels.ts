import type { TrackedEvent } from '../api/types';

/** "Berlin, DE", or what of it is known. */
export function placeOf({ city, country }: { city: string | null; country: string | null }): string {
  return [city, country].filter(Boolean).join(', ');
}

/** "Chrome on macOS", or what of it is known. */
export function agentOf({ browser, os, device }: Pick<TrackedEvent, 'browser' | 'os' | 'device'>): string {
  if (browser && os) return `${browser} on ${os}`;
  return browser ?? os ?? device ?? '';
}

/** Who did it: the person where one is known; an anonymous one is only a device. */
export function personOf(event: Pick<TrackedEvent, 'profile_id' | 'device_id'>): string | null {
  return event.profile_id !== event.device_id ? event.profile_id : null;
}

/** A property's value in one line. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Every fact about an event that is known, in reading order; properties are kept apart. */
export function factsOf(event: TrackedEvent): [name: string, value: string][] {
  const version = (name: string | null, number: string | null) => [name, number].filter(Boolean).join(' ');
  const facts: [string, string | null][] = [
    ['Person', personOf(event)],
    ['Device id', event.device_id],
    ['Groups', event.groups.join(', ')],
    ['Address', event.path && `${event.origin ?? ''}${event.path}`],
    ['Referrer', event.referrer],
    ['Came from', [event.referrer_name, event.referrer_type].filter(Boolean).join(', ')],
    ['Place', [event.city, event.region, event.country].filter(Boolean).join(', ')],
    ['Browser', version(event.browser, event.browser_version)],
    ['System', version(event.os, event.os_version)],
    ['Device', [event.device, event.brand, event.model].filter(Boolean).join(', ')],
    ['SDK', version(event.sdk_name, event.sdk_version)],
  ];
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
}
