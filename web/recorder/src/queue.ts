import { META } from './rrweb';

/** One recorded event, already written out as JSON. */
export interface Entry {
  readonly json: string;
  /** Length of the JSON in UTF-8 bytes. */
  readonly bytes: number;
  /** The session it belongs to; a batch holds events of one session. */
  readonly session: string;
  /** The event's rrweb type. A player can start at a Meta event, which a full snapshot follows. */
  readonly type: number;
}

/** What a full queue had to give up. */
export interface Loss {
  readonly events: number;
  readonly bytes: number;
  /** Whether what is left does not begin with a checkpoint, so that only a fresh snapshot makes it playable. */
  readonly needsSnapshot: boolean;
}

/** Events that wait to be sent, oldest first, bounded in bytes. */
export class EventQueue {
  private entries: Entry[] = [];
  private size = 0;

  /** @param capacity most bytes of JSON that are kept */
  constructor(private readonly capacity: number) {}

  get bytes(): number {
    return this.size;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /**
   * Adds an event at the end.
   *
   * @returns what was given up to make room; undefined when there was room
   */
  push(entry: Entry): Loss | undefined {
    this.entries.push(entry);
    this.size += entry.bytes;
    return this.size > this.capacity ? this.shed() : undefined;
  }

  /**
   * Takes the events of the next batch: as many of one session as fit into the limit. One event that
   * is larger than the limit goes alone.
   *
   * @param limit most bytes of the batch's JSON array, with its brackets and commas
   * @returns the events, none when the queue is empty
   */
  cut(limit: number): Entry[] {
    const first = this.entries[0];
    if (!first) {
      return [];
    }
    let size = 2 + first.bytes;
    let end = 1;
    for (; end < this.entries.length; end++) {
      const next = this.entries[end] as Entry;
      if (next.session !== first.session || size + 1 + next.bytes > limit) {
        break;
      }
      size += 1 + next.bytes;
    }
    const taken = this.entries.splice(0, end);
    for (const entry of taken) {
      this.size -= entry.bytes;
    }
    return taken;
  }

  clear(): void {
    this.entries = [];
    this.size = 0;
  }

  /**
   * Gives up the oldest events, up to the first checkpoint from which all that follows fits. Half of
   * a stretch between two checkpoints cannot be played, so there is no use in keeping it.
   */
  private shed(): Loss {
    let left = this.size;
    let start = 0;
    while (start < this.entries.length && !(left <= this.capacity && this.entries[start]?.type === META)) {
      left -= this.entries[start]?.bytes ?? 0;
      start++;
    }
    const loss = { events: start, bytes: this.size - left, needsSnapshot: start === this.entries.length };
    this.entries.splice(0, start);
    this.size = left;
    return loss;
  }
}

/** The JSON array of some events. */
export function toArray(entries: readonly Entry[]): string {
  return `[${entries.map((entry) => entry.json).join(',')}]`;
}

const encoder = new TextEncoder();

/** Writes an event out. */
export function toEntry(event: { readonly type: number }, session: string): Entry {
  const json = JSON.stringify(event);
  return { json, bytes: encoder.encode(json).byteLength, session, type: event.type };
}
