import { describe, expect, it } from 'vitest';
import {
  type EventFilters,
  eventChips,
  eventQuery,
  readEventFilters,
  withoutEvent,
  writeEventFilters,
} from './filters';

const all: EventFilters = {
  names: ['signed up', 'screen_view'],
  q: '50% & more',
  profile: 'user/1',
  device: 'd41d8cd98f00b204',
  session: '0d7a5c1e-6f0b-4c55-9a49-0d0a3c5f7b11',
  group: 'acme',
  path: '/pay',
  properties: { plan: 'pro', 'utm.source': 'a=b' },
  when: '24h',
};

describe('event filters in the address', () => {
  it('come back as they were written', () => {
    expect(readEventFilters(new URLSearchParams(writeEventFilters(all).toString()))).toEqual(all);
    expect(readEventFilters(new URLSearchParams())).toEqual({});
  });

  it('leave out what makes no sense', () => {
    const params = new URLSearchParams('name=&q=%20&when=constructor&from=yesterday&property.=x&other=1');
    expect(readEventFilters(params)).toEqual({});
  });

  it('are asked of the server in its own terms', () => {
    const params = new URLSearchParams(eventQuery(all, 1_700_000_012_345));
    expect(params.getAll('name')).toEqual(['signed up', 'screen_view']);
    expect(params.get('property.utm.source')).toBe('a=b');
    expect(params.get('from')).toBe(String(Math.floor((1_700_000_012_345 - 86_400_000) / 60_000) * 60_000));
    expect(params.has('when')).toBe(false);
    expect(eventQuery({}, 0)).toBe('');
  });
});

describe('event chips', () => {
  it('read as a sentence', () => {
    expect(
      eventChips({ profile: 'mira', path: '/pay', properties: { plan: 'pro' } }).map((c) => c.label),
    ).toEqual(['by “mira”', 'on /pay', 'plan is “pro”']);
  });

  it('can each be taken away', () => {
    const chips = eventChips(all);
    expect(chips.length).toBe(8);
    for (const { kind } of chips) {
      expect(eventChips(withoutEvent(all, kind)).map((c) => c.kind)).toEqual(
        chips.map((c) => c.kind).filter((k) => k !== kind),
      );
    }
    expect(withoutEvent({ properties: { a: '1' } }, 'property.a')).toEqual({});
  });
});
