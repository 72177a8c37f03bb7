import type { Recording, RecordingFrame } from '../api/types';

/** A small recording for tests: the index as the server would send it, 1 s frames, times in seconds. */
export interface SampleTab {
  id: string;
  from: number;
  to: number;
  /** Moments of Meta and FullSnapshot. */
  checkpoints: number[];
  clicks?: number[];
}

export const START = 1_700_000_000_000;

export function sampleRecording(tabs: SampleTab[], more: Partial<Recording> = {}): Recording {
  const ms = (seconds: number) => START + seconds * 1000;
  let n = 1;
  const frames: RecordingFrame[] = tabs.flatMap((tab) =>
    Array.from({ length: Math.ceil(tab.to - tab.from) }, (_, i) => {
      const from = tab.from + i;
      return {
        n: n++,
        tab: tab.id,
        from_ms: ms(from),
        to_ms: ms(Math.min(tab.to, from + 1)) - 1,
        events: 10,
        bytes: 1_000,
        raw_bytes: 10_000,
        checkpoints: tab.checkpoints.filter((c) => c >= from && c < from + 1).map(ms),
      };
    }),
  );
  const end = Math.max(0, ...tabs.map((t) => t.to));
  const clicks = tabs.flatMap((t) => (t.clicks ?? []).map((c) => ({ tab: t.id, at: c })));
  const counts = Array.from(
    { length: Math.ceil(end) },
    (_, i) => clicks.filter((c) => Math.floor(c.at) === i).length,
  );
  return {
    session_id: 's',
    started_at_ms: START,
    ended_at_ms: ms(end),
    duration_ms: end * 1000,
    live: false,
    verdict: { state: 'playable', message: '', at_ms: null },
    tabs: tabs.map((t, i) => ({
      id: t.id,
      number: i + 1,
      started_at_ms: ms(t.from),
      ended_at_ms: ms(t.to),
      shift_ms: 0,
      event_count: 10,
    })),
    frames,
    pages: tabs.flatMap((t) =>
      t.checkpoints.map((c) => ({ tab: t.id, at_ms: ms(c), href: `https://shop.example.com/${t.id}/${c}` })),
    ),
    marks: clicks.map((c) => ({ tab: c.tab, at_ms: ms(c.at), kind: 'click' as const })),
    gaps: [],
    activity: { slot_ms: 1000, counts },
    ...more,
  };
}
