import type { MarkKind, Recording, RecordingFrame, RecordingGap, Verdict } from '../api/types';

/**
 * A recording as the player thinks of it: one line of time over all tabs, measured in milliseconds from
 * the recording's start, cut into scenes. Built once per index, never changed.
 */
export interface Timeline {
  sessionId: string;
  startedAt: number;
  duration: number;
  live: boolean;
  verdict: Verdict;
  tabs: TabLine[];
  /** Which tab the person was in, from each moment on; ascending. */
  switches: { at: number; tab: string }[];
  pages: PageChange[];
  marks: Mark[];
  gaps: Gap[];
  /** Stretches without a user action, long enough to be worth skipping; ascending, disjoint. */
  idle: Span[];
  activity: { slot: number; counts: number[] };
}

export interface Span {
  from: number;
  to: number;
}

export interface TabLine {
  id: string;
  number: number;
  from: number;
  to: number;
  /** Added to an rrweb timestamp of this tab it gives milliseconds from the recording's start. */
  shift: number;
  frames: Frame[];
  scenes: Scene[];
}

export interface Frame extends Span {
  n: number;
  rawBytes: number;
}

/**
 * What one Replayer shows: a tab from one checkpoint (Meta and FullSnapshot) to the next. A scene needs
 * nothing that came before it, so it is the unit of seeking, loading and forgetting.
 */
export interface Scene extends Span {
  /** Unique within the recording, and stable when a live recording grows. */
  key: string;
  tab: string;
  shift: number;
  /** The frames that may hold its events, in play order. */
  frames: Frame[];
  /** False for a tab whose index names no checkpoint: it can be shown only if a snapshot turns up. */
  certain: boolean;
  /** Whether another scene of the same tab follows. */
  last: boolean;
}

export interface PageChange {
  tab: string;
  at: number;
  href: string;
}

export interface Mark {
  tab: string;
  at: number;
  kind: MarkKind;
}

export interface Gap extends Span {
  tab: string;
  reason: RecordingGap['reason'];
  message: string;
}

/** Shorter pauses are part of reading a page; a person watching wants to see them. */
const IDLE_AT_LEAST = 4_000;
/** What stays at normal speed on either side of a skipped stretch. */
const IDLE_MARGIN = 600;

export function buildTimeline(recording: Recording): Timeline {
  const start = recording.started_at_ms;
  const duration = Math.max(0, recording.duration_ms, recording.ended_at_ms - start);
  const at = (ms: number) => Math.min(Math.max(0, ms - start), duration);
  const tabs = [...recording.tabs]
    .sort((a, b) => a.number - b.number)
    .map((tab): TabLine => {
      const frames = recording.frames.filter((f) => f.tab === tab.id);
      const shift = tab.shift_ms - start;
      const own: Frame[] = frames.map((f) => ({
        n: f.n,
        from: f.from_ms - start,
        to: f.to_ms - start,
        rawBytes: f.raw_bytes,
      }));
      const to = at(Math.max(tab.ended_at_ms, ...frames.map((f) => f.to_ms)));
      return {
        id: tab.id,
        number: tab.number,
        from: at(tab.started_at_ms),
        to,
        shift,
        frames: own,
        scenes: cutScenes(tab.id, shift, frames, own, start, to),
      };
    });
  const pages = recording.pages
    .map((p) => ({ tab: p.tab, at: at(p.at_ms), href: p.href }))
    .sort((a, b) => a.at - b.at);
  const marks = recording.marks
    .map((m) => ({ tab: m.tab, at: at(m.at_ms), kind: m.kind }))
    .sort((a, b) => a.at - b.at);
  const slot = Math.max(1, recording.activity.slot_ms);
  return {
    sessionId: recording.session_id,
    startedAt: start,
    duration,
    live: recording.live,
    verdict: recording.verdict,
    tabs,
    switches: followPerson(tabs, pages, marks),
    pages,
    marks,
    gaps: recording.gaps.map((g) => ({
      tab: g.tab,
      from: at(g.from_ms),
      to: at(g.to_ms),
      reason: g.reason,
      message: g.message,
    })),
    idle: findIdle(recording.activity.counts, slot, duration),
    activity: { slot, counts: recording.activity.counts },
  };
}

function cutScenes(
  tab: string,
  shift: number,
  frames: RecordingFrame[],
  own: Frame[],
  start: number,
  end: number,
): Scene[] {
  const cuts = frames
    .flatMap((frame, index) => frame.checkpoints.map((ms) => ({ from: ms - start, index })))
    .sort((a, b) => a.from - b.from);
  const certain = cuts.length > 0;
  const first = own[0];
  if (!certain && first) cuts.push({ from: first.from, index: 0 });
  return cuts.map((cut, i) => {
    const next = cuts[i + 1];
    const to = next ? next.from : Math.max(end, cut.from);
    return {
      key: `${tab}@${cut.from}`,
      tab,
      shift,
      from: cut.from,
      to,
      // A later frame can hold earlier events (out-of-order uploads), so frames are chosen by time alone.
      frames: own.filter((f, k) => k >= cut.index && (next ? f.from < to : true)),
      certain,
      last: next === undefined,
    };
  });
}

/**
 * Which tab the person was in: the one they last did something in, or opened a page in. When that tab
 * ends, the most recent of those still open.
 */
function followPerson(tabs: TabLine[], pages: PageChange[], marks: Mark[]): { at: number; tab: string }[] {
  const signals = [
    ...tabs.map((t) => ({ at: t.from, tab: t.id, ends: false })),
    ...tabs.map((t) => ({ at: t.to, tab: t.id, ends: true })),
    ...pages.map((p) => ({ at: p.at, tab: p.tab, ends: false })),
    ...marks.map((m) => ({ at: m.at, tab: m.tab, ends: false })),
  ].sort((a, b) => a.at - b.at || Number(a.ends) - Number(b.ends));
  const open: string[] = []; // most recently used last
  const switches: { at: number; tab: string }[] = [];
  let current: string | null = null;
  for (const signal of signals) {
    const known = open.indexOf(signal.tab);
    if (known >= 0) open.splice(known, 1);
    if (!signal.ends) open.push(signal.tab);
    const next: string | null = open.at(-1) ?? current;
    if (next !== null && next !== current) {
      current = next;
      if (switches.at(-1)?.at === signal.at) switches.pop();
      switches.push({ at: signal.at, tab: next });
    }
  }
  if (switches[0]) switches[0].at = 0;
  return switches;
}

function findIdle(counts: number[], slot: number, duration: number): Span[] {
  const idle: Span[] = [];
  let from: number | null = null;
  for (let i = 0; i <= counts.length; i++) {
    const quiet = i < counts.length && counts[i] === 0;
    if (quiet && from === null) from = i;
    if (!quiet && from !== null) {
      const span = {
        from: from * slot + (from === 0 ? 0 : IDLE_MARGIN),
        to: Math.min(i * slot, duration) - IDLE_MARGIN,
      };
      if (i * slot - from * slot >= IDLE_AT_LEAST && span.to > span.from) idle.push(span);
      from = null;
    }
  }
  return idle;
}

/** The last element whose `at` or `from` is not after `time`, by binary search; -1 when all are later. */
export function lastAt(count: number, at: (index: number) => number, time: number): number {
  let low = 0;
  let high = count - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (at(middle) <= time) {
      found = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return found;
}

/** The tab the person was in at `time`, or null for a recording without tabs. */
export function tabAt(timeline: Timeline, time: number): string | null {
  const { switches } = timeline;
  const index = lastAt(switches.length, (i) => switches[i]?.at ?? 0, time);
  return (switches[index] ?? switches[0])?.tab ?? null;
}

/** The scene of a tab to show at `time`; null before the tab's first snapshot. */
export function sceneAt(timeline: Timeline, tab: string | null, time: number): Scene | null {
  const scenes = timeline.tabs.find((t) => t.id === tab)?.scenes ?? [];
  return scenes[lastAt(scenes.length, (i) => scenes[i]?.from ?? 0, time)] ?? null;
}

/** The scene of the same tab that follows, if any. */
export function sceneAfter(timeline: Timeline, scene: Scene): Scene | null {
  const scenes = timeline.tabs.find((t) => t.id === scene.tab)?.scenes ?? [];
  const index = scenes.findIndex((s) => s.key === scene.key);
  return index < 0 ? null : (scenes[index + 1] ?? null);
}

/** The idle stretch that `time` lies in, or null. */
export function idleAt(timeline: Timeline, time: number): Span | null {
  const { idle } = timeline;
  const span = idle[lastAt(idle.length, (i) => idle[i]?.from ?? 0, time)];
  return span && time < span.to ? span : null;
}

/** The page shown in a tab at `time`. */
export function pageAt(timeline: Timeline, tab: string | null, time: number): PageChange | null {
  let found: PageChange | null = null;
  for (const page of timeline.pages) {
    if (page.at > time) break;
    if (page.tab === tab) found = page;
  }
  return found;
}

/** The gap that a moment of a tab lies in, or null. */
export function gapAt(gaps: readonly Gap[], tab: string | null, time: number): Gap | null {
  return gaps.find((g) => g.tab === tab && g.from <= time && time < g.to) ?? null;
}

/** Where shift+arrow goes: the nearest mark, page change or event strictly beyond `time`. */
export function neighbour(
  timeline: Timeline,
  time: number,
  direction: 1 | -1,
  events: readonly { at: number }[] = [],
): number | null {
  const moments = [...timeline.marks, ...timeline.pages, ...events].map((m) => m.at).sort((a, b) => a - b);
  // A mark just passed is not "the previous one": without slack, playing would never get behind it.
  return direction === 1
    ? (moments.find((m) => m > time + 50) ?? null)
    : (moments.findLast((m) => m < time - 1_000) ?? null);
}

/** The activity folded into `buckets` equal parts, each scaled to 0..1 of the busiest. */
export function density(timeline: Timeline, buckets: number): number[] {
  const out = new Array<number>(buckets).fill(0);
  const { slot, counts } = timeline.activity;
  if (timeline.duration <= 0) return out;
  counts.forEach((count, i) => {
    const bucket = Math.min(buckets - 1, Math.floor(((i + 0.5) * slot * buckets) / timeline.duration));
    out[bucket] = (out[bucket] ?? 0) + count;
  });
  const most = Math.max(1, ...out);
  // The root keeps a single click visible beside a stretch of continuous mouse moves.
  return out.map((count) => Math.sqrt(count / most));
}

/** The next moment after `time` at which the person changes to another tab. */
export function tabInViewAfter(timeline: Timeline, time: number): { at: number; tab: string } | null {
  return timeline.switches.find((s) => s.at > time) ?? null;
}
