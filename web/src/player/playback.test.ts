import { describe, expect, it } from 'vitest';
import { type Action, atEnd, begin, modeOf, type Playback, rateOf, SPEEDS, step } from './playback';
import { type SampleTab, sampleRecording } from './sample';
import { buildTimeline, sceneAt } from './timeline';

const TABS: SampleTab[] = [
  { id: 'a', from: 0, to: 40, checkpoints: [0, 12, 30], clicks: [1, 2, 3, 13, 14, 31, 39] },
  { id: 'b', from: 15, to: 60, checkpoints: [15, 45], clicks: [16, 17, 41, 46, 59] },
];
const timeline = buildTimeline(sampleRecording(TABS));

function run(state: Playback, ...actions: Action[]): Playback {
  return actions.reduce(step, state);
}

/** A state whose scene is on stage with everything loaded. */
function ready(settings: Partial<Playback> = {}): Playback {
  return staged(begin(timeline, settings));
}

function staged(state: Playback, bufferedTo = Number.POSITIVE_INFINITY): Playback {
  return step(state, { type: 'staged', generation: state.generation, bufferedTo });
}

describe('playback', () => {
  it('buffers until the scene is on stage, then plays', () => {
    const state = step(begin(timeline), { type: 'play' });
    expect(modeOf(state)).toBe('buffering');
    expect(modeOf(staged(state))).toBe('playing');
  });

  it('lets time pass at the chosen speed', () => {
    const state = run(ready(), { type: 'play' }, { type: 'speed', speed: 4 }, { type: 'tick', elapsed: 250 });
    expect(state.time).toBe(1_000);
  });

  it('stands still while paused', () => {
    expect(step(ready(), { type: 'tick', elapsed: 1_000 }).time).toBe(0);
  });

  it('stops at the end of what is loaded and goes on when more has come', () => {
    let state = run(staged(begin(timeline, { wants: 'play' }), 2_000), { type: 'tick', elapsed: 5_000 });
    expect(state.time).toBe(2_000);
    expect(modeOf(state)).toBe('buffering');
    state = step(state, { type: 'buffered', generation: state.generation, bufferedTo: 9_000 });
    expect(modeOf(state)).toBe('playing');
  });

  it('ignores what was loaded for an earlier jump', () => {
    const before = begin(timeline, { wants: 'play' });
    const state = step(before, { type: 'seek', to: 31_000 });
    const late = step(state, { type: 'staged', generation: before.generation, bufferedTo: 99_000 });
    expect(late).toBe(state);
    expect(modeOf(late)).toBe('buffering');
  });

  it('asks for another scene when time passes into it', () => {
    const state = ready({ time: 11_900, wants: 'play', skipIdle: false });
    const next = step(state, { type: 'tick', elapsed: 200 });
    expect(next.generation).toBe(state.generation + 1);
    expect(next.scene?.from).toBe(12_000);
    expect(modeOf(next)).toBe('buffering');
  });

  it('follows the person into another tab, unless one is pinned', () => {
    const start = { time: 14_900, wants: 'play' as const, skipIdle: false };
    expect(step(ready(start), { type: 'tick', elapsed: 300 }).scene?.tab).toBe('b');
    expect(step(ready({ ...start, pinned: 'a' }), { type: 'tick', elapsed: 300 }).scene?.tab).toBe('a');
  });

  it('comes back to the person when following is turned on again', () => {
    const state = step(ready({ time: 17_000, pinned: 'a' }), { type: 'pin', tab: null });
    expect(state.scene?.tab).toBe('b');
    expect(state.staged).toBe(false);
  });

  it('shows nothing for a pinned tab that is not open yet, and plays on', () => {
    const state = ready({ time: 5_000, pinned: 'b', wants: 'play', skipIdle: false });
    expect(state.scene).toBeNull();
    expect(modeOf(state)).toBe('playing');
  });

  it('skips an idle stretch quickly and slows down exactly at its end', () => {
    const state = ready({ time: 6_000, wants: 'play' });
    expect(modeOf(state)).toBe('skipping');
    expect(rateOf(state)).toBeGreaterThan(4);
    const after = staged(step(state, { type: 'tick', elapsed: 60_000 }));
    expect(after.time).toBe(12_400);
    expect(modeOf(after)).toBe('playing');
    expect(modeOf(step(state, { type: 'skipIdle', on: false }))).toBe('playing');
  });

  it('finishes at the end and plays again from the beginning', () => {
    let state = ready({ time: 59_900, wants: 'play' });
    state = step(state, { type: 'tick', elapsed: 1_000 });
    expect(modeOf(state)).toBe('finished');
    expect(state.time).toBe(60_000);
    state = step(state, { type: 'toggle' });
    expect(state.time).toBe(0);
    expect(state.wants).toBe('play');
  });

  it('waits at the end of a live recording and goes on when it grows', () => {
    const live = buildTimeline(sampleRecording(TABS, { live: true }));
    const longer = buildTimeline(
      sampleRecording([TABS[0] as SampleTab, { ...(TABS[1] as SampleTab), to: 65 }], { live: true }),
    );
    let state = staged(begin(live, { time: 59_900, wants: 'play' }));
    expect(atEnd(state)).toBe(false);
    state = step(state, { type: 'tick', elapsed: 1_000 });
    expect(modeOf(state)).toBe('buffering');
    expect(atEnd(state)).toBe(true);
    expect(state.wants).toBe('play');
    const { generation } = state;
    state = step(state, { type: 'timeline', timeline: longer });
    expect(state.generation).toBe(generation);
    expect(atEnd(state)).toBe(false);
    expect(state.bufferedTo).toBe(60_000);
    state = step(state, { type: 'buffered', generation, bufferedTo: Number.POSITIVE_INFINITY });
    expect(modeOf(state)).toBe('playing');
  });

  it('keeps within the recording whatever it is asked for', () => {
    expect(step(ready(), { type: 'seek', to: 1e12 }).time).toBe(60_000);
    expect(step(ready(), { type: 'seek', to: Number.NaN }).time).toBe(0);
    expect(step(ready(), { type: 'speed', speed: 1_000 }).speed).toBe(16);
    expect(begin(buildTimeline(sampleRecording([]))).scene).toBeNull();
  });
});

/** Small, fast, and the same everywhere: a failing run can be repeated from its seed. */
function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('playback under any 200 actions', () => {
  const seed = Number(import.meta.env.VITE_SEED ?? Date.now() % 1_000_000);

  it(`holds its invariants (VITE_SEED=${seed})`, () => {
    console.info(`seed ${seed}`);
    for (let round = 0; round < 50; round++) {
      const next = random(seed + round);
      const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
      let length = 60;
      let live = next() < 0.5;
      const grown = () => {
        const tabs = [TABS[0] as SampleTab, { ...(TABS[1] as SampleTab), to: length }];
        return buildTimeline(sampleRecording(tabs, { live }));
      };
      let state = begin(grown(), { time: next() * 70_000 });
      for (let i = 0; i < 200; i++) {
        // Answers come for this jump, or late for one before it.
        const generation = state.generation - (next() < 0.3 ? 1 : 0);
        const bufferedTo = next() < 0.3 ? Number.POSITIVE_INFINITY : state.time + next() * 8_000;
        const action = pick<() => Action>([
          () => ({ type: 'play' }),
          () => ({ type: 'pause' }),
          () => ({ type: 'toggle' }),
          () => ({ type: 'seek', to: next() * 90_000 - 10_000 }),
          () => ({ type: 'tick', elapsed: next() * 400 }),
          () => ({ type: 'tick', elapsed: next() * 400 }),
          () => ({ type: 'staged', generation, bufferedTo }),
          () => ({ type: 'staged', generation, bufferedTo }),
          () => ({ type: 'buffered', generation, bufferedTo }),
          () => ({ type: 'speed', speed: pick(SPEEDS) }),
          () => ({ type: 'skipIdle', on: next() < 0.5 }),
          () => ({ type: 'pin', tab: pick([null, 'a', 'b']) }),
          () => {
            length += live ? next() * 5 : 0;
            live = live && next() < 0.9;
            return { type: 'timeline', timeline: grown() };
          },
        ])();
        const before = state;
        state = step(before, action);
        const why = `VITE_SEED=${seed} round ${round} action ${i} ${JSON.stringify(action.type)}`;
        const mode = modeOf(state);

        expect(state.time, why).toBeGreaterThanOrEqual(0);
        expect(state.time, why).toBeLessThanOrEqual(state.timeline.duration);
        expect(state.generation, why).toBeGreaterThanOrEqual(before.generation);
        // What belongs on stage is always what the moment and the tab call for.
        const tab = state.pinned ?? tabNow(state);
        expect(state.scene?.key, why).toBe(sceneAt(state.timeline, tab, state.time)?.key);
        // A changed scene is never taken for one that is already on stage.
        if (state.scene?.key !== before.scene?.key) {
          expect(state.generation, why).toBe(before.generation + 1);
          expect(state.staged, why).toBe(false);
        }
        expect(state.wants === 'pause', why).toBe(mode === 'paused' || mode === 'finished');
        expect(rateOf(state) > 0, why).toBe(mode === 'playing' || mode === 'skipping');
        if (mode === 'playing' || mode === 'skipping') {
          expect(state.staged, why).toBe(true);
          expect(state.time, why).toBeLessThan(state.bufferedTo);
        }
        if (mode === 'finished') expect(state.time, why).toBe(state.timeline.duration);
        if (action.type === 'tick') {
          expect(state.time, why).toBeGreaterThanOrEqual(before.time);
          expect(state.time, why).toBeLessThanOrEqual(Math.max(before.time, before.bufferedTo));
        }
        if (
          (action.type === 'staged' || action.type === 'buffered') &&
          action.generation !== before.generation
        ) {
          expect(state, why).toBe(before);
        }
      }
      // From anywhere, loading what is asked for and letting time pass comes to the end.
      live = false;
      state = run(state, { type: 'timeline', timeline: grown() }, { type: 'play' });
      for (let i = 0; i < 5_000 && state.wants === 'play'; i++) {
        state = step(staged(state), { type: 'tick', elapsed: 100 });
      }
      expect(modeOf(state), `VITE_SEED=${seed} round ${round}`).toBe('finished');
    }
  });
});

function tabNow(state: Playback): string | null {
  return state.timeline.switches.findLast((s) => s.at <= state.time)?.tab ?? null;
}
