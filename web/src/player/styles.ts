import { EventType, IncrementalSource, NodeType, type serializedNodeWithId } from '@rrweb/types';
import type { RrwebEvent } from './events';

/**
 * Style sheets make up most of a snapshot, and the same ones come with every page. The worker takes each
 * text out of the events, sends it once, and says where it belongs; the page puts it back. That keeps
 * the copy to the main thread small, and one string in memory instead of one per page load.
 */
export interface StyleSlot {
  /** Index of the event in its batch. */
  event: number;
  /** For a mutation the index of the added node; -1 for a snapshot's document. */
  add: number;
  /** Child indexes from there to the node. */
  path: number[];
  /** Key of the text. */
  style: number;
}

/** A style text as recorded and as the Replayer wants it (with `:hover` made a class). */
export interface Style {
  key: number;
  text: string;
  /** What the Replayer looks the text up by: rrweb's split marks removed when the element has text nodes. */
  lookup: string;
  adapted: string;
}

/** Below this a text is not worth a slot. */
const WORTH_SHARING = 400;
/** Marks where rrweb cut a sheet over several text nodes. */
const SPLIT = '/* rr_split */';

type Visit = (node: serializedNodeWithId, path: number[]) => void;

function walk(node: serializedNodeWithId, path: number[], visit: Visit): void {
  if (!node) return;
  visit(node, path);
  if ('childNodes' in node && Array.isArray(node.childNodes)) {
    node.childNodes.forEach((child, i) => {
      path.push(i);
      walk(child, path, visit);
      path.pop();
    });
  }
}

function rootsOf(event: RrwebEvent): { add: number; node: serializedNodeWithId }[] {
  if (event.type === EventType.FullSnapshot) return [{ add: -1, node: event.data?.node }];
  if (event.type === EventType.IncrementalSnapshot && event.data?.source === IncrementalSource.Mutation) {
    return (event.data.adds ?? []).map((added, add) => ({ add, node: added.node }));
  }
  return [];
}

/** Takes the texts out of an event, in place. `share` gives the key of a text. */
export function takeStyles(
  event: RrwebEvent,
  index: number,
  share: (text: string, lookup: string) => number,
): StyleSlot[] {
  const slots: StyleSlot[] = [];
  for (const { add, node: root } of rootsOf(event)) {
    if (!root) continue;
    walk(root, [], (node, path) => {
      if (node.type !== NodeType.Element) return;
      // Recordings come from outside: an element may lack what rrweb always writes.
      const text = node.attributes?._cssText;
      if (typeof text !== 'string' || text.length < WORTH_SHARING) return;
      const lookup = node.childNodes?.length > 0 ? text.split(SPLIT).join('') : text;
      slots.push({ event: index, add, path: [...path], style: share(text, lookup) });
      node.attributes._cssText = '';
    });
  }
  return slots;
}

/** Puts the texts back, in place. */
export function putStyles(
  events: RrwebEvent[],
  slots: readonly StyleSlot[],
  textOf: (key: number) => string,
): void {
  for (const slot of slots) {
    const event = events[slot.event];
    if (!event) continue;
    let node = rootsOf(event).find((root) => root.add === slot.add)?.node;
    for (const i of slot.path) node = node && 'childNodes' in node ? node.childNodes[i] : undefined;
    if (node?.type === NodeType.Element) node.attributes._cssText = textOf(slot.style);
  }
}
