import { describe, expect, it } from 'vitest';
import { sampleEvent } from '../events/sample';
import { matching, nearest, place } from './tracked';

const START = 1_700_000_000_000;
const events = [
  sampleEvent('1', -2, { name: 'session_start' }),
  sampleEvent('2', 1, { name: 'screen_view', path: '/Pricing' }),
  sampleEvent('3', 4, { name: 'signed_up', properties: { plan: 'Pro', seats: 3 } }),
  sampleEvent('4', 90, { name: 'session_end' }),
];

describe('events on the line of time', () => {
  const placed = place(events, START, 60_000);

  it('stand at their moments, and at the ends where nothing is recorded', () => {
    expect(placed.map((e) => [e.event.id, e.at, e.outside, e.kind])).toEqual([
      ['1', 0, 'before', 'session_start'],
      ['2', 1_000, null, 'screen_view'],
      ['3', 4_000, null, 'custom'],
      ['4', 60_000, 'after', 'session_end'],
    ]);
  });

  it('are found by name, path and property, upper and lower case alike', () => {
    const found = (text: string) => matching(placed, text).map((e) => e.event.id);
    expect([found('SIGN'), found('pricing'), found(' pro '), found('3'), found('')]).toEqual([
      ['3'],
      ['2'],
      ['3'],
      [],
      ['1', '2', '3', '4'],
    ]);
  });

  it('are hit by a pointer that is near enough, the nearest first', () => {
    expect(nearest(placed, 2_400, 2_000)?.event.id).toBe('2');
    expect(nearest(placed, 2_600, 2_000)?.event.id).toBe('3');
    expect(nearest(placed, 20_000, 2_000)).toBeNull();
  });
});
