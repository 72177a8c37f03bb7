import { newId } from './ids';
import type { Store } from './store';

/** When a session ends, in milliseconds. */
export interface SessionRules {
  readonly idleMs: number;
  readonly maxMs: number;
}

/** What became of the session when something happened on the page. */
export type SessionTurn =
  /** It goes on. */
  | 'same'
  /** A new one has begun, here or in another tab: it needs a full snapshot before anything else. */
  | 'new'
  /** It ended, and nobody is there: what the page does by itself is not worth a new one. */
  | 'asleep';

interface SessionRecord {
  readonly id: string;
  readonly startedAt: number;
  readonly activeAt: number;
}

const NAME = 'session';
/** Another tab's doings are looked up at most so often. */
const REREAD_MS = 1_000;
/** How stale the shared time of the last activity may be. */
const REWRITE_MS = 5_000;

/**
 * The session this browser is in, shared by all tabs of the origin through `localStorage`. It ends
 * after {@link SessionRules.idleMs} without activity in any tab, or after {@link SessionRules.maxMs}.
 */
export class Session {
  private record: SessionRecord;
  private readAt: number;

  /** Opens the page's session: loading a page is activity. */
  constructor(
    private readonly store: Store,
    private readonly rules: SessionRules,
    now: number,
  ) {
    const stored = readRecord(store);
    this.readAt = now;
    this.record = stored && !this.hasEnded(stored, now) ? { ...stored, activeAt: now } : fresh(now);
    store.set(NAME, this.record);
  }

  get id(): string {
    return this.record.id;
  }

  /**
   * Follows what happens on the page.
   *
   * @param now milliseconds since the epoch
   * @param active whether a person did it; only a person begins a new session or keeps one going
   */
  turn(now: number, active: boolean): SessionTurn {
    const before = this.record.id;
    if (now - this.readAt >= REREAD_MS || now < this.readAt || this.hasEnded(this.record, now)) {
      this.record = readRecord(this.store) ?? this.record;
      this.readAt = now;
    }
    if (this.hasEnded(this.record, now)) {
      if (!active) {
        return 'asleep';
      }
      this.record = fresh(now);
      this.store.set(NAME, this.record);
    } else if (active && Math.abs(now - this.record.activeAt) >= REWRITE_MS) {
      this.record = { ...this.record, activeAt: now };
      this.store.set(NAME, this.record);
    }
    return this.record.id === before ? 'same' : 'new';
  }

  /** A clock that was set back makes both differences negative: the session then goes on. */
  private hasEnded(record: SessionRecord, now: number): boolean {
    return now - record.activeAt >= this.rules.idleMs || now - record.startedAt >= this.rules.maxMs;
  }
}

function fresh(now: number): SessionRecord {
  return { id: newId(), startedAt: now, activeAt: now };
}

function readRecord(store: Store): SessionRecord | undefined {
  const value = store.get(NAME) as Partial<SessionRecord> | null | undefined;
  const sound =
    typeof value?.id === 'string' &&
    typeof value.startedAt === 'number' &&
    typeof value.activeAt === 'number';
  return sound ? (value as SessionRecord) : undefined;
}
