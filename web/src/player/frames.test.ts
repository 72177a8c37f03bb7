import { describe, expect, it } from 'vitest';
import { AHEAD_BYTES, bufferedTo, evict, framesToShow, KEEP_BYTES, plan } from './frames';
import { sampleRecording } from './sample';
import { buildTimeline, type Scene, sceneAt } from './timeline';

const timeline = buildTimeline(sampleRecording([{ id: 'a', from: 0, to: 200, checkpoints: [0, 50, 100] }]));
const scene = (time: number) => sceneAt(timeline, 'a', time) as Scene;
const names = (frames: { n: number }[]) => frames.map((f) => f.n);

describe('the frame plan', () => {
  it('needs the frames from the checkpoint to the moment, and none before', () => {
    expect(names(framesToShow(scene(52_500), 52_500))).toEqual([51, 52, 53]);
  });

  it('needs at least the frame of the checkpoint', () => {
    expect(names(framesToShow(scene(50_000), 50_000))).toEqual([51]);
  });

  it('asks for what the moment needs first, then onward', () => {
    const frames = names(plan(timeline, scene(52_000), 52_000));
    expect(frames.slice(0, 4)).toEqual([51, 52, 53, 54]);
    expect(frames.at(-1)).toBe(98);
    expect(new Set(frames).size).toBe(frames.length);
  });

  it('goes on into the next scene, and further at a higher speed', () => {
    expect(names(plan(timeline, scene(80_000), 80_000)).at(-1)).toBe(126);
    expect(names(plan(timeline, scene(80_000), 80_000, 16)).at(-1)).toBe(200);
  });

  it('stops ahead at the budget of bytes, but never short of the moment', () => {
    const heavy = buildTimeline(
      sampleRecording([{ id: 'a', from: 0, to: 200, checkpoints: [0] }], {
        frames: sampleRecording([{ id: 'a', from: 0, to: 200, checkpoints: [0] }]).frames.map((f) => ({
          ...f,
          raw_bytes: 5_000_000,
        })),
      }),
    );
    const all = plan(heavy, sceneAt(heavy, 'a', 20_000), 20_000);
    expect(all).toHaveLength(21 + Math.floor(AHEAD_BYTES / 5_000_000));
  });

  it('wants nothing where nothing was recorded', () => {
    expect(plan(timeline, null, 0)).toEqual([]);
  });
});

describe('forgetting frames', () => {
  it('starts with the longest unused and never takes what is needed', () => {
    const loaded = [1, 2, 3, 4, 5].map((n) => ({ n, rawBytes: KEEP_BYTES / 2 }));
    expect(evict(loaded, new Set([1, 5]))).toEqual([2]);
    expect(evict(loaded, new Set([1, 2, 3, 4, 5]))).toEqual([]);
  });
});

describe('how far a scene can play', () => {
  it('is the start of the first frame that has not come', () => {
    expect(bufferedTo(scene(0), (n) => n <= 3)).toBe(3_000);
  });

  it('is without bound when every frame has come or cannot', () => {
    expect(bufferedTo(scene(0), () => true)).toBe(Number.POSITIVE_INFINITY);
  });
});
