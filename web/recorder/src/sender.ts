import type { Batch } from './batch';
import { bodyBytes, split } from './batch';
import type { Keep } from './keep';
import type { Entry, EventQueue } from './queue';
import type { Answer } from './retry';
import { waitBeforeRetry } from './retry';

/** Most bytes of JSON in an ordinary batch. */
export const BATCH_BYTES = 512 * 1024;
/** How long an event waits for others at most. */
export const FLUSH_MS = 5_000;
/** The first events of a page go sooner: they hold its snapshot, and many visitors leave quickly. */
export const FIRST_FLUSH_MS = 700;
/** Less room than this is not worth a leaving batch of its own. */
const LEAST_LEAVING_BYTES = 4 * 1024;
/** So many batches refused in a row mean that the address or the project is wrong. */
const REFUSALS = 5;

/** What the sender needs from outside; tests give it a clock of their own. */
export interface Surroundings {
  now(): number;
  /** Runs a function after so many milliseconds; the result calls it off. */
  after(ms: number, run: () => void): () => void;
  /** A number from 0 to 1. */
  chance(): number;
}

/** The two ways to the server, see `wire.ts`. */
export interface Transport {
  readonly keepaliveRoom: number;
  send(batch: Batch): Promise<Answer>;
  sendLeaving(batch: Batch): Promise<Answer>;
}

/** What the sender tells its owner. */
export interface SenderEvents {
  /** Gives the batch its id, number and names. */
  form(entries: readonly Entry[]): Batch;
  /** A batch was refused for good: what follows it cannot be played without a fresh snapshot. */
  refused(batch: Batch, status: number): void;
  /** The server takes nothing from this page; nothing more is sent. */
  stopped(status: number): void;
}

/** Forms batches from the queue and sends them one after the other until each is answered for good. */
export class Sender {
  /** Formed batches that are not answered for good yet, oldest first. */
  private backlog: Batch[] = [];
  /** Batches on their way in the leaving form. */
  private readonly leaving = new Set<string>();
  /** Most bytes of a batch; shrinks to what the server takes. */
  private limit = BATCH_BYTES;
  /** The batch whose ordinary request waits for its answer; one at a time. */
  private underWay: Batch | undefined;
  private ready = false;
  private due = false;
  private failures = 0;
  private refusals = 0;
  private isStopped = false;
  private callOffFlush: (() => void) | undefined;
  private callOffRetry: (() => void) | undefined;

  constructor(
    private readonly queue: EventQueue,
    private readonly transport: Transport,
    private readonly keep: Keep,
    private readonly events: SenderEvents,
    private readonly surroundings: Surroundings,
  ) {}

  /** Begins to send: until the tab's name is settled, nothing but the leaving form may go. */
  open(): void {
    if (this.ready) {
      return;
    }
    this.ready = true;
    this.backlog.push(...this.keep.takeAll(this.surroundings.now()));
    this.armFlush(FIRST_FLUSH_MS);
    this.run();
  }

  /** To be told after each event that was put into the queue. */
  noteEvent(): void {
    if (this.queue.bytes >= this.limit) {
      this.run();
    }
    this.armFlush(FLUSH_MS);
  }

  /** Sends what waits, now. */
  flush(): void {
    this.due = true;
    this.run();
  }

  /** Does not wait any longer for a retry: the network is back. */
  retryNow(): void {
    this.callOffRetry?.();
    this.callOffRetry = undefined;
    this.run();
  }

  /**
   * The page may go: sends what fits in the leaving form and keeps the rest. While the server is
   * failing all of it is kept, as the leaving form has one attempt only. An ordinary request that is
   * under way ends with the page, perhaps half sent: its batch leaves both ways. Should the page
   * stay after all, the rest goes on in the ordinary form.
   */
  leave(): void {
    if (this.isStopped) {
      return;
    }
    for (const batch of this.backlog) {
      this.hurry(batch);
    }
    while (!this.queue.isEmpty) {
      const room = this.transport.keepaliveRoom;
      const limit = this.failures > 0 || room < LEAST_LEAVING_BYTES ? this.limit : Math.min(this.limit, room);
      const batch = this.events.form(this.queue.cut(limit));
      this.backlog.push(batch);
      this.hurry(batch);
    }
    this.run();
  }

  private hurry(batch: Batch): void {
    if (this.leaving.has(batch.id)) {
      return;
    }
    const fits = this.failures === 0 && bodyBytes(batch) <= this.transport.keepaliveRoom;
    if (!fits || batch === this.underWay) {
      this.keep.put(batch, this.surroundings.now());
    }
    if (!fits) {
      return;
    }
    this.leaving.add(batch.id);
    void this.transport.sendLeaving(batch).then((answer) => {
      this.leaving.delete(batch.id);
      if (this.backlog.some((each) => each.id === batch.id)) {
        this.settle(batch, answer);
        this.run();
      }
    });
  }

  private run(): void {
    if (this.underWay || !this.ready || this.isStopped || this.callOffRetry) {
      return;
    }
    const batch = this.next();
    if (!batch) {
      return;
    }
    this.underWay = batch;
    void this.transport.send(batch).then((answer) => {
      this.underWay = undefined;
      if (this.backlog.some((each) => each.id === batch.id)) {
        this.settle(batch, answer);
      }
      this.run();
    });
  }

  private next(): Batch | undefined {
    const waiting = this.backlog.find((batch) => !this.leaving.has(batch.id));
    if (waiting || this.queue.isEmpty || !(this.due || this.queue.bytes >= this.limit)) {
      return waiting;
    }
    this.due = false;
    const batch = this.events.form(this.queue.cut(this.limit));
    this.backlog.push(batch);
    this.armFlush(FLUSH_MS);
    return batch;
  }

  private settle(batch: Batch, answer: Answer): void {
    if (this.isStopped) {
      return;
    }
    switch (answer.kind) {
      case 'accepted':
        this.failures = 0;
        this.refusals = 0;
        this.replace(batch, []);
        break;
      case 'later':
        this.failures++;
        this.waitForRetry(answer.afterMs);
        break;
      case 'split': {
        const halves = split(batch);
        this.replace(batch, halves ?? []);
        this.limit = Math.min(this.limit, Math.ceil(bodyBytes(batch) / 2));
        if (!halves) {
          this.events.refused(batch, 413);
        }
        break;
      }
      case 'refused':
        this.replace(batch, []);
        if (++this.refusals >= REFUSALS) {
          this.stop(answer.status);
        } else {
          this.events.refused(batch, answer.status);
        }
        break;
      case 'stop':
        this.stop(answer.status);
        break;
    }
  }

  private replace(batch: Batch, by: readonly Batch[]): void {
    this.keep.remove(batch);
    this.backlog = this.backlog.flatMap((each) => (each.id === batch.id ? by : [each]));
  }

  private stop(status: number): void {
    this.isStopped = true;
    for (const batch of this.backlog) {
      this.keep.remove(batch);
    }
    this.backlog = [];
    this.queue.clear();
    this.callOffFlush?.();
    this.callOffRetry?.();
    this.events.stopped(status);
  }

  private armFlush(ms: number): void {
    if (this.callOffFlush || !this.ready || this.queue.isEmpty) {
      return;
    }
    this.callOffFlush = this.surroundings.after(ms, () => {
      this.callOffFlush = undefined;
      this.flush();
    });
  }

  private waitForRetry(askedMs: number | undefined): void {
    this.callOffRetry?.();
    const wait = waitBeforeRetry(this.failures, askedMs, this.surroundings.chance());
    this.callOffRetry = this.surroundings.after(wait, () => this.retryNow());
  }
}
