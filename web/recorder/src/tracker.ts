import { newId } from './ids';
import type { Answer } from './retry';
import { waitBeforeRetry } from './retry';
import type { Surroundings } from './sender';
import type { Store } from './store';

/** What is known of a person beside their id; what has no member of its own is a property. */
export interface Traits {
  readonly name?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly avatar?: string;
  readonly [property: string]: unknown;
}

/** An analytics event as the server takes it, and the session it belongs to. */
export interface Tracked {
  /** UUID by which the server knows an event that it has already stored. */
  readonly id: string;
  readonly session: string;
  readonly name: string;
  /** Milliseconds since the epoch, by the browser's clock. */
  readonly time: number;
  readonly profile_id: string | undefined;
  readonly url: string;
  readonly referrer: string | undefined;
  readonly title: string | undefined;
  readonly properties: unknown;
}

/** The two ways to the server, with the body of a request: one outlives the page. */
export interface TrackTransport {
  send(body: string): Promise<Answer>;
  sendLeaving(body: string): Promise<Answer>;
}

/** How long an event waits for others at most. */
export const TRACK_FLUSH_MS = 2_000;
/** Few enough for a request that outlives the page. */
const BATCH_EVENTS = 50;
const BATCH_CHARACTERS = 16_000;
/** Most events that wait while the server cannot be reached; the oldest go first. */
const MOST_WAITING = 500;
const LONGEST_KEPT_MS = 24 * 3_600_000;
const KEPT = 'events.';

interface Kept {
  readonly keptAt: number;
  readonly events: readonly Tracked[];
}

/**
 * Sends the page's analytics events some at a time, each until it is answered for good. What has not
 * been answered when the page goes is kept for the next page of the origin: the server knows the ids.
 */
export class Tracker {
  private waiting: Tracked[] = [];
  /** What is still to be told of the person. */
  private person: { id: string; traits: Traits } | undefined;
  private isUnderWay = false;
  private isStopped = false;
  private failures = 0;
  private callOff: (() => void) | undefined;
  private readonly keptAs = KEPT + newId();

  constructor(
    private readonly store: Store,
    private readonly transport: TrackTransport,
    private readonly surroundings: Surroundings,
    private readonly session: () => string,
  ) {
    for (const name of store.names().filter((each) => each.startsWith(KEPT))) {
      const kept = store.get(name) as Partial<Kept> | null | undefined;
      store.remove(name);
      if (isSound(kept) && Math.abs(surroundings.now() - kept.keptAt) <= LONGEST_KEPT_MS) {
        this.waiting.push(...kept.events);
      }
    }
    this.arm(TRACK_FLUSH_MS);
  }

  /** Adds an event; one that JSON cannot hold, or that is larger than a request may be, throws. */
  track(event: Omit<Tracked, 'id' | 'session'>): void {
    const whole = { ...event, id: newId(), session: this.session() };
    if (JSON.stringify(whole).length > BATCH_CHARACTERS) {
      throw new RangeError(`the event ${event.name} is too large`);
    }
    if (this.isStopped) {
      return;
    }
    this.waiting.push(whole);
    this.waiting.splice(0, this.waiting.length - MOST_WAITING);
    this.arm(TRACK_FLUSH_MS);
  }

  /** Tells who the person is, once. */
  identify(id: string, traits: Traits): void {
    this.person = { id, traits };
    this.arm(TRACK_FLUSH_MS);
  }

  /** Sends what waits, now. */
  flush(): void {
    this.callOff?.();
    this.callOff = undefined;
    this.run();
  }

  /** The page may go: what waits is sent in the form that outlives it, and kept until it is answered. */
  leave(): void {
    if (this.isStopped || (this.waiting.length === 0 && !this.person)) {
      return;
    }
    this.store.set(this.keptAs, { keptAt: this.surroundings.now(), events: this.waiting } satisfies Kept);
    const events = this.next();
    const person = this.person;
    void this.transport.sendLeaving(this.body(events, person)).then((answer) => {
      this.settle(answer, events, person);
    });
  }

  private run(): void {
    if (this.isUnderWay || this.isStopped || (this.waiting.length === 0 && !this.person)) {
      return;
    }
    const events = this.next();
    const person = this.person;
    this.isUnderWay = true;
    void this.transport.send(this.body(events, person)).then((answer) => {
      this.isUnderWay = false;
      this.settle(answer, events, person);
    });
  }

  /** The events of the next request: of one session, and few enough to be sent as the page goes. */
  private next(): Tracked[] {
    const events: Tracked[] = [];
    let characters = 0;
    for (const event of this.waiting) {
      characters += JSON.stringify(event).length;
      const fits = events.length < BATCH_EVENTS && characters <= BATCH_CHARACTERS;
      if (event.session !== this.waiting[0]?.session || (events.length > 0 && !fits)) {
        break;
      }
      events.push(event);
    }
    return events;
  }

  private body(events: readonly Tracked[], person: { id: string; traits: Traits } | undefined): string {
    return JSON.stringify({
      session_id: events[0]?.session ?? this.session(),
      sent_at: this.surroundings.now(),
      profile: person && profileOf(person.id, person.traits),
      events: events.map(({ session: _, ...event }) => event),
    });
  }

  private settle(answer: Answer, events: readonly Tracked[], person: unknown): void {
    switch (answer.kind) {
      case 'later':
        this.failures++;
        this.arm(waitBeforeRetry(this.failures, answer.afterMs, this.surroundings.chance()));
        return;
      case 'stop':
        this.isStopped = true;
        this.waiting = [];
        break;
      default:
        // Stored, or never to be taken.
        this.failures = 0;
        this.waiting = this.waiting.filter((each) => !events.includes(each));
        if (this.person === person) {
          this.person = undefined;
        }
    }
    if (this.waiting.length === 0) {
      this.store.remove(this.keptAs);
    } else {
      this.arm(this.waiting.length >= BATCH_EVENTS ? 0 : TRACK_FLUSH_MS);
    }
  }

  private arm(ms: number): void {
    if (this.callOff || this.isStopped || (this.waiting.length === 0 && !this.person)) {
      return;
    }
    this.callOff = this.surroundings.after(ms, () => this.flush());
  }
}

function profileOf(id: string, traits: Traits): unknown {
  const { name, firstName, lastName, email, avatar, ...properties } = traits;
  return { id, first_name: firstName ?? name, last_name: lastName, email, avatar, properties };
}

function isSound(kept: Partial<Kept> | null | undefined): kept is Kept {
  return (
    typeof kept?.keptAt === 'number' &&
    Array.isArray(kept.events) &&
    kept.events.every(
      (event) => typeof event?.id === 'string' && typeof event.session === 'string' && !!event.name,
    )
  );
}
