import { describe, expect, it } from 'vitest';
import { START, sampleRecording } from './sample';
import {
  buildTimeline,
  density,
  gapAt,
  idleAt,
  neighbour,
  pageAt,
  sceneAfter,
  sceneAt,
  tabAt,
  tabInViewAfter,
} from './timeline';

const two = buildTimeline(
  sampleRecording([
    { id: 'a', from: 0, to: 20, checkpoints: [0, 8], clicks: [1, 2, 18] },
    { id: 'b', from: 10, to: 30, checkpoints: [10], clicks: [11, 25] },
  ]),
);

describe('scenes', () => {
  it('begin at the nearest checkpoint at or before the moment', () => {
    expect(sceneAt(two, 'a', 7_999)?.from).toBe(0);
    expect(sceneAt(two, 'a', 8_000)?.from).toBe(8_000);
    expect(sceneAt(two, 'a', 60_000)?.from).toBe(8_000);
  });

  it('do not exist before the first snapshot of a tab', () => {
    expect(sceneAt(two, 'b', 9_999)).toBeNull();
    expect(sceneAt(two, 'nobody', 1)).toBeNull();
  });

  it('take only frames that may hold their events', () => {
    const scene = sceneAt(two, 'a', 0);
    expect(scene?.frames.map((f) => f.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(scene?.last).toBe(false);
    expect(scene && sceneAfter(two, scene)?.last).toBe(true);
  });

  it('cut a frame that holds two checkpoints into two', () => {
    const recording = sampleRecording([{ id: 'a', from: 0, to: 2, checkpoints: [0.1, 0.5] }]);
    const scenes = buildTimeline(recording).tabs[0]?.scenes ?? [];
    expect(scenes.map((s) => [s.from, s.frames[0]?.n])).toEqual([
      [100, 1],
      [500, 1],
    ]);
  });

  it('are uncertain where the index names no checkpoint', () => {
    const timeline = buildTimeline(sampleRecording([{ id: 'a', from: 0, to: 2, checkpoints: [] }]));
    expect(sceneAt(timeline, 'a', 1_000)?.certain).toBe(false);
  });

  it('keep their key when a live recording grows', () => {
    const grown = buildTimeline(sampleRecording([{ id: 'a', from: 0, to: 40, checkpoints: [0, 8] }]));
    expect(sceneAt(grown, 'a', 9_000)?.key).toBe(sceneAt(two, 'a', 9_000)?.key);
  });

  it("turn the recording browser's clock into the recording's", () => {
    const recording = sampleRecording([{ id: 'a', from: 0, to: 2, checkpoints: [0] }]);
    for (const tab of recording.tabs) tab.shift_ms = -2_500;
    expect(START + 2_500 + (buildTimeline(recording).tabs[0]?.shift ?? 0)).toBe(0);
  });
});

describe('the tab in view', () => {
  it('is the one the person last did something in', () => {
    expect(tabAt(two, 0)).toBe('a');
    expect(tabAt(two, 12_000)).toBe('b');
    expect(tabAt(two, 18_500)).toBe('a');
  });

  it('falls back to an open tab when it ends', () => {
    expect(tabAt(two, 20_001)).toBe('b');
    expect(tabInViewAfter(two, 18_500)).toEqual({ at: 20_000, tab: 'b' });
    expect(tabInViewAfter(two, 29_000)).toBeNull();
  });

  it('is none in a recording without tabs', () => {
    expect(tabAt(buildTimeline(sampleRecording([])), 0)).toBeNull();
  });
});

describe('idle stretches', () => {
  it('leave a margin around what the person did', () => {
    const span = idleAt(two, 5_000);
    expect(span).toEqual({ from: 3_600, to: 10_400 });
    expect(idleAt(two, 3_500)).toBeNull();
    expect(idleAt(two, 10_400)).toBeNull();
  });

  it('are never shorter than a pause for reading', () => {
    const timeline = buildTimeline(
      sampleRecording([{ id: 'a', from: 0, to: 12, checkpoints: [0], clicks: [0, 4, 8, 11] }]),
    );
    expect(timeline.idle).toEqual([]);
  });
});

describe('what happened', () => {
  it('names the page of a tab at a moment', () => {
    expect(pageAt(two, 'a', 7_999)?.href).toBe('https://shop.example.com/a/0');
    expect(pageAt(two, 'a', 8_000)?.href).toBe('https://shop.example.com/a/8');
    expect(pageAt(two, 'b', 5_000)).toBeNull();
  });

  it('finds the marks around a moment, passing the one just played', () => {
    expect(neighbour(two, 2_000, 1)).toBe(8_000);
    expect(neighbour(two, 8_200, -1)).toBe(2_000);
    expect(neighbour(two, 30_000, 1)).toBeNull();
    expect(neighbour(two, 0, -1)).toBeNull();
  });

  it('knows the gaps of one tab only', () => {
    const gaps = [{ tab: 'a', from: 1_000, to: 2_000, reason: 'missing' as const, message: '' }];
    expect(gapAt(gaps, 'a', 1_500)).toBe(gaps[0]);
    expect(gapAt(gaps, 'a', 2_000)).toBeNull();
    expect(gapAt(gaps, 'b', 1_500)).toBeNull();
  });

  it('folds activity into any number of bars, the busiest at 1', () => {
    const bars = density(two, 10);
    expect(bars).toHaveLength(10);
    expect(Math.max(...bars)).toBe(1);
    expect(bars[1]).toBe(0);
    expect(density(buildTimeline(sampleRecording([])), 4)).toEqual([0, 0, 0, 0]);
  });
});
