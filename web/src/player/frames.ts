import { type Frame, type Scene, sceneAfter, type Timeline } from './timeline';

/** How far ahead of the playhead frames are fetched, in recorded time. */
export const AHEAD = 45_000;
/** And in inflated bytes, whichever is reached first. */
export const AHEAD_BYTES = 24_000_000;
/** Parsed frames kept beyond those the plan asks for, in inflated bytes. */
export const KEEP_BYTES = 32_000_000;

/** The frames without which a scene cannot be shown at `time`. */
export function framesToShow(scene: Scene, time: number): Frame[] {
  const due = scene.frames.filter((f) => f.from <= time);
  return due.length > 0 ? due : scene.frames.slice(0, 1);
}

/**
 * What to fetch, most urgent first: what the present moment needs, then onward through this scene and
 * those after it until enough is ahead.
 */
export function plan(timeline: Timeline, scene: Scene | null, time: number, speed = 1): Frame[] {
  if (!scene) return [];
  const wanted = new Map(framesToShow(scene, time).map((f) => [f.n, f]));
  const horizon = time + AHEAD * Math.max(1, speed);
  let bytes = 0;
  for (let at: Scene | null = scene; at && at.from <= horizon; at = sceneAfter(timeline, at)) {
    for (const frame of at.frames) {
      if (wanted.has(frame.n) || frame.from > horizon) continue;
      bytes += frame.rawBytes;
      if (bytes > AHEAD_BYTES) return [...wanted.values()];
      wanted.set(frame.n, frame);
    }
  }
  return [...wanted.values()];
}

/** Which of the loaded frames to forget: those the plan does not need, longest unused first, over budget. */
export function evict(
  loaded: readonly { n: number; rawBytes: number }[],
  needed: ReadonlySet<number>,
): number[] {
  let spare = loaded.reduce((sum, f) => (needed.has(f.n) ? sum : sum + f.rawBytes), 0);
  const out: number[] = [];
  for (const frame of loaded) {
    if (spare <= KEEP_BYTES) break;
    if (needed.has(frame.n)) continue;
    out.push(frame.n);
    spare -= frame.rawBytes;
  }
  return out;
}

/**
 * How far a scene can play: to the start of the first frame that has not arrived, or past its end when
 * all have. A frame that can never arrive (404, 410) counts as settled; it is a gap.
 */
export function bufferedTo(scene: Scene, settled: (n: number) => boolean): number {
  let bound = Number.POSITIVE_INFINITY;
  for (const frame of scene.frames) if (!settled(frame.n)) bound = Math.min(bound, frame.from);
  return bound;
}
