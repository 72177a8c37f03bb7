import { EventType, type eventWithTime, type metaEvent } from '@rrweb/types';
import type { Scene } from './timeline';

/** An rrweb event as it is on the wire; `timestamp` is the recording browser's clock. */
export type RrwebEvent = eventWithTime;

/** What is known of the page when a snapshot came without its Meta. */
export interface PageBefore {
  href: string;
  width: number;
  height: number;
}

const UNKNOWN_PAGE: PageBefore = { href: '', width: 1280, height: 720 };

/**
 * The events of one scene out of the frames that may hold them, ready for a Replayer: sorted by time
 * (stable, since uploads may arrive out of order), nothing from before the snapshot, and with a Meta.
 *
 * @returns null when there is no full snapshot to begin from
 */
export function eventsOfScene(
  scene: Scene,
  frames: readonly (readonly RrwebEvent[])[],
  before: PageBefore = UNKNOWN_PAGE,
): RrwebEvent[] | null {
  const events = frames
    .flat()
    .filter((e) => belongs(scene, e))
    .sort((a, b) => a.timestamp - b.timestamp);
  const snapshot = events.findIndex((e) => e.type === EventType.FullSnapshot);
  const first = events[snapshot];
  if (!first) return null;
  const meta = events.slice(0, snapshot).findLastIndex((e) => e.type === EventType.Meta);
  if (meta >= 0) return [events[meta] as RrwebEvent, ...events.slice(snapshot)];
  const made: metaEvent & { timestamp: number } = {
    type: EventType.Meta,
    data: { href: before.href, width: before.width, height: before.height },
    timestamp: first.timestamp,
  };
  return [made, ...events.slice(snapshot)];
}

/** Whether an event falls into the scene's stretch of time. The last scene of a tab has no end. */
export function belongs(scene: Scene, event: RrwebEvent): boolean {
  const time = event.timestamp + scene.shift;
  return time >= scene.from && (scene.last || time < scene.to);
}

/** The size and address of the page as the last Meta among these events gave them. */
export function pageBefore(events: readonly RrwebEvent[]): PageBefore | null {
  const meta = events.findLast((e) => e.type === EventType.Meta);
  return meta?.type === EventType.Meta ? meta.data : null;
}
