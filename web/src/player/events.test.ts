import { EventType } from '@rrweb/types';
import { describe, expect, it } from 'vitest';
import { eventsOfScene, pageBefore, type RrwebEvent } from './events';
import type { Scene } from './timeline';

const scene = (from: number, to: number, last = false): Scene => ({
  key: 'k',
  tab: 'a',
  shift: -1_000_000,
  from,
  to,
  frames: [],
  certain: true,
  last,
});

function event(type: EventType, time: number, name = ''): RrwebEvent {
  const data =
    type === EventType.Meta
      ? { href: `https://shop.example.com/${name}`, width: 800, height: 600 }
      : type === EventType.FullSnapshot
        ? { node: { type: 0, childNodes: [], id: 1 }, initialOffset: { left: 0, top: 0 } }
        : { source: 3, id: 1, x: 0, y: 0, name };
  return { type, data, timestamp: 1_000_000 + time } as unknown as RrwebEvent;
}
const meta = (time: number, name = '') => event(EventType.Meta, time, name);
const full = (time: number) => event(EventType.FullSnapshot, time);
const change = (time: number, name = '') => event(EventType.IncrementalSnapshot, time, name);
const times = (events: RrwebEvent[] | null) => events?.map((e) => [e.type, e.timestamp - 1_000_000]);

describe('the events of a scene', () => {
  it('begin with the Meta of its snapshot, whatever came before', () => {
    const events = eventsOfScene(scene(100, 500), [
      [change(50), change(100), meta(100), full(110), change(200)],
    ]);
    expect(times(events)).toEqual([
      [4, 100],
      [2, 110],
      [3, 200],
    ]);
  });

  it('end where the next scene begins', () => {
    const all = [[meta(0), full(1), change(499), meta(500), full(501)]];
    expect(times(eventsOfScene(scene(0, 500), all))?.at(-1)).toEqual([3, 499]);
    expect(times(eventsOfScene(scene(0, 400, true), all))?.at(-1)).toEqual([2, 501]);
  });

  it('are put in order of time across frames, and events of one moment stay in theirs', () => {
    const events = eventsOfScene(scene(0, 500), [
      [meta(0), full(0), change(30, 'late')],
      [change(10), change(30, 'later'), change(20)],
    ]);
    expect(times(events)?.map(([, t]) => t)).toEqual([0, 0, 10, 20, 30, 30]);
    expect(events?.slice(-2).map((e) => (e.data as unknown as { name: string }).name)).toEqual([
      'late',
      'later',
    ]);
  });

  it('get a Meta of the page before when theirs is lost', () => {
    const before = pageBefore([meta(0, 'cart')]);
    const events = eventsOfScene(scene(100, 500), [[full(110), change(120)]], before ?? undefined);
    expect(times(events)).toEqual([
      [4, 110],
      [2, 110],
      [3, 120],
    ]);
    expect(events && pageBefore(events)).toEqual({
      href: 'https://shop.example.com/cart',
      width: 800,
      height: 600,
    });
  });

  it('are none without a full snapshot', () => {
    expect(eventsOfScene(scene(0, 500), [[meta(0), change(10)]])).toBeNull();
  });
});
