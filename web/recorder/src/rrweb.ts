import type { eventWithTime, serializedNodeWithId } from '@rrweb/types';

/** An event of a recording, in rrweb's format. */
export type RecordedEvent = eventWithTime;
/** A node of a page as rrweb writes it down. */
export type RecordedNode = serializedNodeWithId;

// The format's numbers. `@rrweb/types` has them as enums, which would come into the script whole.
export const FULL_SNAPSHOT = 2;
export const INCREMENTAL = 3;
export const META = 4;
export const CUSTOM = 5;

export const MUTATION = 0;
export const MOUSE_MOVE = 1;
export const MOUSE_INTERACTION = 2;
export const SCROLL = 3;
export const INPUT = 5;
export const TOUCH_MOVE = 6;
export const DRAG = 12;

/**
 * Whether a person caused the event. Scrolling counts for the page itself only and input only when
 * the browser saw it typed, since carousels scroll and scripts fill fields with nobody there.
 *
 * @param documentId the id of the page's document in the recording
 */
export function isActivity(event: RecordedEvent, documentId: number): boolean {
  if (event.type !== INCREMENTAL) {
    return false;
  }
  switch (event.data.source as number) {
    case MOUSE_MOVE:
    case MOUSE_INTERACTION:
    case TOUCH_MOVE:
    case DRAG:
      return true;
    case SCROLL:
      return (event.data as { id?: number }).id === documentId;
    case INPUT:
      return (event.data as { userTriggered?: boolean }).userTriggered === true;
    default:
      return false;
  }
}

/** A custom event, which rrweb's own `addCustomEvent` makes in the same form. */
export function customEvent(tag: string, payload: unknown, timestamp: number): RecordedEvent {
  return { type: CUSTOM, data: { tag, payload }, timestamp } as RecordedEvent;
}
