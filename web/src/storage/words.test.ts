import { describe, expect, it } from 'vitest';
import { began, dueAt, forHowLong, removals, shortened, timesAsMuch } from './words';

describe('how much larger something is', () => {
  it('is said as precisely as it matters', () => {
    expect(timesAsMuch(9_300, 1_000)).toBe('9.3 times as much');
    expect(timesAsMuch(9_960, 1_000)).toBe('10 times as much');
    expect(timesAsMuch(41_499, 1_000)).toBe('41 times as much');
    expect(timesAsMuch(500, 1_000)).toBe('0.5 times as much');
  });

  it('is about the same when it is, or when there is nothing', () => {
    expect(timesAsMuch(1_010, 1_000)).toBe('about as much');
    expect(timesAsMuch(0, 0)).toBe('about as much');
  });
});

describe('what is kept shorter than before', () => {
  const now = { recording_days: 90, event_days: null, kept_days: null, cold_after_days: 30 };

  it('is told thing by thing', () => {
    expect(shortened(now, { ...now, recording_days: 30, event_days: 365 })).toEqual([
      'Recordings: 30 days instead of 90 days',
      'Events: 365 days instead of for ever',
    ]);
    expect(shortened(now, { ...now, kept_days: 1 })).toEqual(['Kept sessions: 1 day instead of for ever']);
  });

  it('is nothing when everything stays as long or longer', () => {
    expect(shortened(now, now)).toEqual([]);
    expect(shortened(now, { ...now, recording_days: null })).toEqual([]);
    expect(shortened(now, { ...now, cold_after_days: 1 })).toEqual([]);
  });

  it('has words for no end', () => {
    expect(forHowLong(null)).toBe('for ever');
    expect(forHowLong(1)).toBe('1 day');
  });
});

describe('when the next run begins', () => {
  it('is no exact moment once it is near', () => {
    const now = new Date(2026, 10, 21, 14, 30).getTime();
    expect(dueAt(new Date(now).toISOString(), now)).toBe('within minutes');
    expect(dueAt(new Date(now + 13 * 3_600_000).toISOString(), now)).toBe('tomorrow at 03:30');
  });
});

describe('what a run removes', () => {
  const nothing = { recordings: 0, objects: 0, bytes: 0, sessions: 0, events: 0, to_cold: 0 };

  it('is told kind by kind', () => {
    expect(
      removals({ recordings: 120, objects: 121, bytes: 34_000_000, sessions: 1, events: 4_055, to_cold: 9 }),
    ).toEqual(['120 recordings, 34 MB', '4,055 events', '1 session of the list']);
    expect(removals({ ...nothing, recordings: 1 })).toEqual(['1 recording']);
  });

  it('is nothing when things only move', () => {
    expect(removals({ ...nothing, to_cold: 7 })).toEqual([]);
  });
});

describe('when something began', () => {
  it('stands behind the word', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    expect(began('2026-11-21T11:59:50Z', now)).toBe('just now');
    expect(began('2026-11-21T11:55:00Z', now)).toBe('5 min ago');
  });
});
