import type { serializedNodeWithId } from '@rrweb/types';
import { describe, expect, it } from 'vitest';
import type { RrwebEvent } from './events';
import { putStyles, type StyleSlot, takeStyles } from './styles';

const css = (name: string) => `.${name} { color: red } `.repeat(60);

function style(text: string, children: number): serializedNodeWithId {
  return {
    type: 2,
    tagName: 'style',
    attributes: { _cssText: text },
    childNodes: Array.from({ length: children }, (_, i) => ({ type: 3, textContent: '', id: 90 + i })),
    id: 9,
  } as serializedNodeWithId;
}

function snapshot(...nodes: serializedNodeWithId[]): RrwebEvent {
  const head = { type: 2, tagName: 'head', attributes: {}, childNodes: nodes, id: 3 };
  const document = {
    type: 0,
    childNodes: [{ type: 1, name: 'html', publicId: '', systemId: '', id: 2 }, head],
    id: 1,
  };
  return {
    type: 2,
    data: { node: document, initialOffset: { left: 0, top: 0 } },
    timestamp: 1,
  } as unknown as RrwebEvent;
}

function mutation(...nodes: serializedNodeWithId[]): RrwebEvent {
  const adds = nodes.map((node) => ({ parentId: 3, nextId: null, node }));
  return {
    type: 3,
    data: { source: 0, adds, removes: [], texts: [], attributes: [] },
    timestamp: 2,
  } as unknown as RrwebEvent;
}

describe('shared style texts', () => {
  it('come back where they were, in snapshots and in added nodes', () => {
    const events = [
      snapshot(style(css('a'), 0), style('small', 0), style(css('b'), 1)),
      mutation(style(css('a'), 0)),
    ];
    const original = structuredClone(events);
    const texts: string[] = [];
    const slots: StyleSlot[] = events.flatMap((event, i) =>
      takeStyles(event, i, (text) => {
        if (!texts.includes(text)) texts.push(text);
        return texts.indexOf(text);
      }),
    );
    expect(texts).toHaveLength(2);
    expect(JSON.stringify(events)).not.toContain('color: red');
    expect(JSON.stringify(events)).toContain('small');
    putStyles(events, slots, (key) => texts[key] ?? '');
    expect(events).toEqual(original);
  });

  it('are looked up without the marks of split text nodes', () => {
    const lookups: string[] = [];
    const keep = (_: string, lookup: string) => lookups.push(lookup);
    takeStyles(snapshot(style(`${css('a')}/* rr_split */${css('b')}`, 2)), 0, keep);
    takeStyles(snapshot(style(`${css('a')}/* rr_split */${css('b')}`, 0)), 0, keep);
    expect(lookups[0]).toBe(css('a') + css('b'));
    expect(lookups[1]).toContain('rr_split');
  });

  it('survive events that are not what they seem', () => {
    const odd = {
      type: 3,
      data: { source: 0, adds: [{ parentId: 1 }] },
      timestamp: 1,
    } as unknown as RrwebEvent;
    expect(takeStyles(odd, 0, () => 0)).toEqual([]);
    for (const data of [
      undefined,
      {},
      { node: null },
      { node: { type: 2, childNodes: [null] } },
      { source: 0 },
    ]) {
      for (const type of [2, 3]) {
        expect(takeStyles({ type, data, timestamp: 1 } as unknown as RrwebEvent, 0, () => 0)).toEqual([]);
      }
    }
    expect(() => putStyles([odd], [{ event: 0, add: 5, path: [1], style: 0 }], () => '')).not.toThrow();
    expect(() => putStyles([], [{ event: 3, add: -1, path: [], style: 0 }], () => '')).not.toThrow();
  });
});
