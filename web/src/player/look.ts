import type { MarkKind } from '../api/types';
import type { PageChange, Timeline } from './timeline';
import { pageAt } from './timeline';

/** How marks are named and coloured, in the timeline and in the list beside it. */
export const MARKS: Record<MarkKind, { one: string; many: string; color: string }> = {
  click: { one: 'Click', many: 'Clicks', color: 'var(--mark-click)' },
  input: { one: 'Input', many: 'Inputs', color: 'var(--mark-input)' },
  error: { one: 'Error', many: 'Errors', color: 'var(--mark-error)' },
};

/** One line of the list beside the picture. */
export type Line =
  | { kind: 'page'; at: number; tab: string; href: string }
  | { kind: 'click' | 'input' | 'error'; at: number; tab: string; times: number; page: PageChange | null };

/** Typing makes a mark per key; shown as one line while they follow each other this closely. */
const SAME_INPUT = 2_000;

/** Pages and marks in the order they happened; a run of inputs is one line. */
export function linesOf(timeline: Timeline): Line[] {
  const all: Line[] = [
    ...timeline.pages.map((p): Line => ({ kind: 'page', at: p.at, tab: p.tab, href: p.href })),
    ...timeline.marks.map(
      (m): Line => ({ kind: m.kind, at: m.at, tab: m.tab, times: 1, page: pageAt(timeline, m.tab, m.at) }),
    ),
  ].sort((a, b) => a.at - b.at || Number(b.kind === 'page') - Number(a.kind === 'page'));
  const lines: Line[] = [];
  let end = 0;
  for (const line of all) {
    const last = lines.at(-1);
    if (
      line.kind === 'input' &&
      last?.kind === 'input' &&
      last.tab === line.tab &&
      line.at - end < SAME_INPUT
    ) {
      last.times++;
    } else {
      lines.push(line);
    }
    end = line.at;
  }
  return lines;
}
