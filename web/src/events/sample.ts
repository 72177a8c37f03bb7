import type { TrackedEvent } from '../api/types';

/** An event for tests, `second` seconds into an hour. */
export function sampleEvent(id: string, second = 0, more: Partial<TrackedEvent> = {}): TrackedEvent {
  const at = new Date(1_700_000_000_000 + second * 1_000).toISOString();
  return {
    id,
    at,
    received_at: at,
    name: 'clicked',
    session_id: null,
    device_id: null,
    profile_id: null,
    path: null,
    origin: null,
    referrer: null,
    referrer_name: null,
    referrer_type: null,
    revenue: null,
    duration_ms: null,
    country: null,
    region: null,
    city: null,
    os: null,
    os_version: null,
    browser: null,
    browser_version: null,
    device: null,
    brand: null,
    model: null,
    sdk_name: null,
    sdk_version: null,
    groups: [],
    properties: {},
    ...more,
  };
}
