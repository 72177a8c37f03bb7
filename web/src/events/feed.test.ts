import { describe, expect, it } from 'vitest';
import { arrive, joined, MOST_ARRIVALS, NO_ARRIVALS, newestFirst, release } from './feed';
import { kindOf } from './kinds';
import { sampleEvent } from './sample';

const ids = (events: { id: string }[]) => events.map((e) => e.id);

describe('the live feed', () => {
  it('orders by time, then by the order of storing, also where ids have grown a digit', () => {
    const events = [sampleEvent('9', 1), sampleEvent('10', 1), sampleEvent('2', 2), sampleEvent('11', 1)];
    expect(ids(events.sort(newestFirst))).toEqual(['2', '11', '10', '9']);
  });

  it('takes an event once, however often the stream tells it', () => {
    const once = arrive(NO_ARRIVALS, [sampleEvent('1'), sampleEvent('1')], false);
    expect(ids(once.shown)).toEqual(['1']);
    expect(arrive(once, [sampleEvent('1')], true)).toBe(once);
  });

  it('holds what comes while somebody reads, and shows it in its place afterwards', () => {
    let feed = arrive(NO_ARRIVALS, [sampleEvent('1', 1)], false);
    feed = arrive(feed, [sampleEvent('3', 3)], true);
    feed = arrive(feed, [sampleEvent('2', 2)], true);
    expect([ids(feed.shown), ids(feed.held)]).toEqual([['1'], ['3', '2']]);
    feed = release(feed);
    expect([ids(feed.shown), ids(feed.held)]).toEqual([['3', '2', '1'], []]);
  });

  it('keeps the newest and says that it forgot others', () => {
    const many = Array.from({ length: MOST_ARRIVALS + 1 }, (_, i) => sampleEvent(String(i), i));
    const feed = arrive(NO_ARRIVALS, many, false);
    expect(feed.shown.length).toBe(MOST_ARRIVALS);
    expect([feed.shown[0]?.id, feed.overflowed]).toEqual([String(MOST_ARRIVALS), true]);
    expect(arrive(NO_ARRIVALS, many.slice(1), false).overflowed).toBe(false);
  });
});

describe('what was read and what came since', () => {
  const page = (next_cursor: string | null, ...events: ReturnType<typeof sampleEvent>[]) => ({
    events,
    next_cursor,
  });

  it('are one list without repetition', () => {
    const read = [page('c', sampleEvent('5', 5), sampleEvent('4', 4)), page(null, sampleEvent('3', 3))];
    expect(ids(joined(read, [sampleEvent('6', 6), sampleEvent('5', 5)]))).toEqual(['6', '5', '4', '3']);
  });

  it('leave out a latecomer whose place has not been read yet', () => {
    const late = [sampleEvent('9', 1)];
    expect(ids(joined([page('c', sampleEvent('5', 5))], late))).toEqual(['5']);
    expect(ids(joined([page(null, sampleEvent('5', 5))], late))).toEqual(['5', '9']);
    expect(ids(joined([], late))).toEqual(['9']);
  });
});

describe('kinds', () => {
  it('know the names that mean something by themselves', () => {
    const kind = (name: string, revenue: number | null = null) => kindOf({ name, revenue });
    expect(
      ['screen_view', 'session_start', 'session_end', 'revenue', 'signed_up'].map((n) => kind(n)),
    ).toEqual(['screen_view', 'session_start', 'session_end', 'revenue', 'custom']);
    expect(kind('order_paid', 4_900)).toBe('revenue');
    expect(kind('toString')).toBe('custom');
  });
});
