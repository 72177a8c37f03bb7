import { describe, expect, it } from 'vitest';
import { LineCutter } from './lines';
import { linesOf } from './look';
import { START, sampleRecording } from './sample';
import { buildTimeline } from './timeline';

describe('cutting a stream into lines', () => {
  it('gives the same lines however the text is cut into pieces', () => {
    const text = '{"a":1}\n\n{"b":"ü"}\r\n{"c":3}';
    for (let size = 1; size <= text.length; size++) {
      const cutter = new LineCutter();
      const lines: string[] = [];
      for (let i = 0; i < text.length; i += size) lines.push(...cutter.push(text.slice(i, i + size)));
      lines.push(...cutter.end());
      expect(lines.map((l) => JSON.parse(l))).toEqual([{ a: 1 }, { b: 'ü' }, { c: 3 }]);
    }
  });
});

describe('the list beside the picture', () => {
  it('shows a run of typing as one line and a page before what happened on it', () => {
    const marks = [1_000, 1_500, 2_000, 9_000].map((ms) => ({
      tab: 'a',
      at_ms: START + ms,
      kind: 'input' as const,
    }));
    const timeline = buildTimeline(
      sampleRecording([{ id: 'a', from: 0, to: 10, checkpoints: [1] }], { marks }),
    );
    expect(linesOf(timeline).map((l) => [l.kind, l.at, l.kind === 'input' ? l.times : 0])).toEqual([
      ['page', 1_000, 0],
      ['input', 1_000, 3],
      ['input', 9_000, 1],
    ]);
  });
});
