import { idleAt, type Scene, type Span, sceneAt, type Timeline, tabAt } from './timeline';

/**
 * The player as a value and one pure step. Nothing here loads, draws or reads a clock: the engine does
 * that, and reports back with the generation it worked for, so that a late answer cannot disturb what
 * was asked for since.
 */
export type Mode = 'paused' | 'playing' | 'buffering' | 'skipping' | 'finished';

export interface Playback {
  timeline: Timeline;
  /** Milliseconds from the recording's start. */
  time: number;
  /** What the person wants; whether it happens depends on what is loaded. */
  wants: 'play' | 'pause';
  speed: number;
  skipIdle: boolean;
  /** null: follow the tab the person was in. Otherwise the tab that is held in view. */
  pinned: string | null;
  /** Rises whenever something else has to be put on stage. */
  generation: number;
  /** What belongs on stage at `time`; null where nothing was recorded. */
  scene: Scene | null;
  /** Whether the scene of this generation is on stage. */
  staged: boolean;
  /** The scene can play up to this moment with what is loaded. */
  bufferedTo: number;
  /** Reached the end while wanting to play. */
  ended: boolean;
}

export type Action =
  | { type: 'timeline'; timeline: Timeline }
  | { type: 'play' }
  | { type: 'pause' }
  | { type: 'toggle' }
  | { type: 'seek'; to: number }
  | { type: 'tick'; elapsed: number }
  | { type: 'staged'; generation: number; bufferedTo: number }
  | { type: 'buffered'; generation: number; bufferedTo: number }
  | { type: 'speed'; speed: number }
  | { type: 'skipIdle'; on: boolean }
  | { type: 'pin'; tab: string | null };

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;

/** How far behind the end of a live recording it is joined, in milliseconds: uploads come every few seconds. */
export const LIVE_LEAD = 4_000;

/** A skipped stretch takes about this long to pass, however long it was. */
const SKIP_TAKES = 1_200;

export function begin(timeline: Timeline, settings: Partial<Playback> = {}): Playback {
  const time = clamp(settings.time ?? 0, 0, timeline.duration);
  const pinned = settings.pinned ?? null;
  return {
    timeline,
    time,
    wants: settings.wants ?? 'pause',
    speed: settings.speed ?? 1,
    skipIdle: settings.skipIdle ?? true,
    pinned,
    generation: 1,
    scene: sceneAt(timeline, pinned ?? tabAt(timeline, time), time),
    staged: false,
    bufferedTo: time,
    ended: false,
  };
}

/** The mode follows from the rest, so no path can leave the two contradicting each other. */
export function modeOf(state: Playback): Mode {
  if (state.wants === 'pause') return state.ended ? 'finished' : 'paused';
  if (!state.staged || state.time >= state.bufferedTo || atEnd(state)) {
    return 'buffering';
  }
  return skippedSpan(state) ? 'skipping' : 'playing';
}

/** Whether the clock stands at the end; of a live recording, at what there is of it so far. */
export function atEnd(state: Playback): boolean {
  return state.time >= state.timeline.duration;
}

/** The idle stretch being skipped right now, or null. */
export function skippedSpan(state: Playback): Span | null {
  return state.skipIdle ? idleAt(state.timeline, state.time) : null;
}

/** How many recorded milliseconds pass in one real one; 0 while nothing moves. */
export function rateOf(state: Playback): number {
  switch (modeOf(state)) {
    case 'playing':
      return state.speed;
    case 'skipping': {
      const span = skippedSpan(state);
      return span ? Math.max(state.speed * 4, (span.to - span.from) / SKIP_TAKES) : state.speed;
    }
    case 'paused':
    case 'buffering':
    case 'finished':
      return 0;
  }
}

/** The tab in view. */
export function tabInView(state: Playback): string | null {
  return state.pinned ?? tabAt(state.timeline, state.time);
}

export function step(state: Playback, action: Action): Playback {
  switch (action.type) {
    case 'timeline':
      return grow(state, action.timeline);
    case 'play':
      return state.ended ? moveTo({ ...state, wants: 'play', ended: false }, 0) : { ...state, wants: 'play' };
    case 'pause':
      return { ...state, wants: 'pause' };
    case 'toggle':
      return step(state, { type: state.wants === 'play' ? 'pause' : 'play' });
    case 'seek':
      return moveTo({ ...state, ended: false }, action.to);
    case 'tick':
      return advance(state, action.elapsed);
    case 'staged':
      return action.generation === state.generation
        ? { ...state, staged: true, bufferedTo: action.bufferedTo }
        : state;
    case 'buffered':
      return action.generation === state.generation ? { ...state, bufferedTo: action.bufferedTo } : state;
    case 'speed':
      return { ...state, speed: clamp(action.speed, SPEEDS[0], SPEEDS[SPEEDS.length - 1] ?? 16) };
    case 'skipIdle':
      return { ...state, skipIdle: action.on };
    case 'pin':
      return aim({ ...state, pinned: action.tab });
  }
}

/** Time passes. It stops at the end of what is loaded, of an idle stretch, and of the recording. */
function advance(state: Playback, elapsed: number): Playback {
  const rate = rateOf(state);
  const span = skippedSpan(state);
  const { duration, live } = state.timeline;
  if (rate > 0 && elapsed > 0) {
    const bound = Math.min(state.bufferedTo, duration, span?.to ?? Number.POSITIVE_INFINITY);
    const time = Math.max(state.time, Math.min(state.time + elapsed * rate, bound));
    return finish(aim({ ...state, time }));
  }
  return state.wants === 'play' && state.time >= duration && !live ? finish(state) : state;
}

function finish(state: Playback): Playback {
  const over = state.time >= state.timeline.duration && !state.timeline.live && state.wants === 'play';
  return over && state.staged ? { ...state, wants: 'pause', ended: true } : state;
}

/** Jumps; even within a scene the stage has to be set anew. */
function moveTo(state: Playback, to: number): Playback {
  const time = clamp(to, 0, state.timeline.duration);
  const scene = sceneAt(state.timeline, state.pinned ?? tabAt(state.timeline, time), time);
  return { ...state, time, scene, generation: state.generation + 1, staged: false, bufferedTo: time };
}

/** Changes the scene if the present moment calls for another one. */
function aim(state: Playback): Playback {
  const scene = sceneAt(state.timeline, tabInView(state), state.time);
  if (scene?.key === state.scene?.key) return state;
  return { ...state, scene, generation: state.generation + 1, staged: false, bufferedTo: state.time };
}

/** A live recording has grown. What was loaded is only known to reach the end there was. */
function grow(state: Playback, timeline: Timeline): Playback {
  const time = Math.min(state.time, timeline.duration);
  const next = aim({
    ...state,
    timeline,
    time,
    bufferedTo: Math.min(state.bufferedTo, Math.max(time, state.timeline.duration)),
    ended: state.ended && time >= timeline.duration,
  });
  // The same scene, now longer: it stays on stage, the engine sees its new frames.
  const scene = sceneAt(timeline, tabInView(next), time);
  return scene?.key === next.scene?.key ? { ...next, scene } : next;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(Number.isFinite(value) ? value : low, low), high);
}
