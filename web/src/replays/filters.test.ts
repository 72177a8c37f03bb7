import { describe, expect, it } from 'vitest';
import {
  chips,
  type Filters,
  readClockMoment,
  readFilters,
  readMoment,
  serverQuery,
  without,
  writeFilters,
  writeMoment,
} from './filters';

const all: Filters = {
  when: '24h',
  url: '/checkout?step=2&x=“y”',
  profile: 'mira@example.com',
  minSeconds: 60,
  maxSeconds: 600,
  minEvents: 10,
  event: 'signed up',
  recording: true,
  kept: true,
  errors: true,
  live: true,
};

describe('filters in the address', () => {
  it('come back as they were written', () => {
    expect(readFilters(new URLSearchParams(writeFilters(all).toString()))).toEqual(all);
    expect(readFilters(new URLSearchParams())).toEqual({});
    const chosen: Filters = { from: '2026-11-20T10:00:00.000Z', to: '2026-11-21T10:00:00.000Z' };
    expect(readFilters(writeFilters(chosen))).toEqual(chosen);
  });

  it('leave out what makes no sense', () => {
    const params = new URLSearchParams(
      'when=never&from=yesterday&min=-4&max=abc&events=0&errors=yes&url=%20',
    );
    expect(readFilters(params)).toEqual({});
    expect(readFilters(new URLSearchParams('when=constructor'))).toEqual({});
  });

  it('are asked of the server in its own terms', () => {
    const params = new URLSearchParams(serverQuery(all, 1_700_000_012_345));
    expect(Object.fromEntries(params)).toEqual({
      from: String(Math.floor((1_700_000_012_345 - 86_400_000) / 60_000) * 60_000),
      profile: 'mira@example.com',
      min_duration_ms: '60000',
      max_duration_ms: '600000',
      min_events: '10',
      url: '/checkout?step=2&x=“y”',
      event: 'signed up',
      recording: 'true',
      kept: 'true',
      has_errors: 'true',
      live: 'true',
    });
    expect(serverQuery({}, 0)).toBe('');
  });
});

describe('chips', () => {
  it('read as a sentence', () => {
    expect(chips({ minSeconds: 60, errors: true, url: '/pay' }).map((c) => c.label)).toEqual([
      'on a page with “/pay”',
      'longer than 1 min',
      'with errors',
    ]);
    expect(chips({ maxSeconds: 30 })[0]?.label).toBe('shorter than 30 s');
    expect(chips({ minSeconds: 30, maxSeconds: 3_600 })[0]?.label).toBe('30 s to 1 h long');
  });

  it('can each be taken away', () => {
    for (const { kind } of chips(all))
      expect(chips(without(all, kind)).some((c) => c.kind === kind)).toBe(false);
  });
});

describe('the moment in the address', () => {
  it('is seconds with one decimal', () => {
    expect(writeMoment(600_049)).toBe('600');
    expect(writeMoment(1_250)).toBe('1.3');
    expect(readMoment(new URLSearchParams('t=600.5'))).toBe(600_500);
  });

  it('is none when absent or not a number', () => {
    for (const t of ['', 't=', 't=abc', 't=-5', 't=1e9'])
      expect(readMoment(new URLSearchParams(t))).toBeNull();
  });

  it('can be one by the clock', () => {
    expect(readClockMoment(new URLSearchParams('at=1700000000123'))).toBe(1_700_000_000_123);
    for (const at of ['', 'at=', 'at=-1', 'at=1.5', 'at=2026-11-21'])
      expect(readClockMoment(new URLSearchParams(at))).toBeNull();
  });
});
