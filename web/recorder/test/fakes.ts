import type { Batch } from '../src/batch';
import { Keep } from '../src/keep';
import type { Entry } from '../src/queue';
import { EventQueue, toEntry } from '../src/queue';
import type { Answer } from '../src/retry';
import { CUSTOM } from '../src/rrweb';
import type { Surroundings, Transport } from '../src/sender';
import { Sender } from '../src/sender';
import { memoryStore } from '../src/store';

/** A clock that stands until it is moved, with timers that follow it. */
export class StandingClock implements Surroundings {
  private time = 1_000_000;
  private timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time;
  }

  chance(): number {
    return 0;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  /** Moves on, runs the timers that fall due in their order, and lets promises settle between them. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) {
        break;
      }
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = next.at;
      next.run();
      await settled();
    }
    this.time = end;
    await settled();
  }
}

export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
  }
}

/** An event of about so many bytes. */
export function entry(name: string, bytes = 0, session = 's1', type = CUSTOM): Entry {
  return toEntry({ type, data: name.padEnd(bytes, '.') } as { type: number }, session);
}

/** A server that answers as told; accepts when nothing is told. */
export class Server implements Transport {
  readonly got: Batch[] = [];
  readonly gotLeaving: Batch[] = [];
  readonly answers: (Answer | Promise<Answer>)[] = [];
  answersLeaving: Promise<Answer> = Promise.resolve({ kind: 'accepted' });
  keepaliveRoom = 60 * 1024;

  async send(batch: Batch): Promise<Answer> {
    this.got.push(batch);
    return (await this.answers.shift()) ?? { kind: 'accepted' };
  }

  async sendLeaving(batch: Batch): Promise<Answer> {
    this.gotLeaving.push(batch);
    this.keepaliveRoom -= batch.entries.reduce((sum, each) => sum + each.bytes + 1, 1);
    return this.answersLeaving;
  }
}

/** A sender with all that belongs to it. */
export function senderOnTrial(store = memoryStore()) {
  const clock = new StandingClock();
  const server = new Server();
  const queue = new EventQueue(16 * 1024 * 1024);
  const keep = new Keep(store);
  const refused: number[] = [];
  const stopped: number[] = [];
  let batches = 0;
  let seq = 0;
  const sender = new Sender(
    queue,
    server,
    keep,
    {
      form: (entries) => ({
        id: `batch-${batches++}`,
        session: entries[0]?.session ?? '',
        tab: 't1',
        seq: seq++,
        profile: undefined,
        entries,
      }),
      refused: (_, status) => refused.push(status),
      stopped: (status) => stopped.push(status),
    },
    clock,
  );
  const push = (...entries: Entry[]): void => {
    for (const each of entries) {
      queue.push(each);
      sender.noteEvent();
    }
  };
  return { clock, server, queue, keep, sender, push, refused, stopped };
}

export function names(batch: Batch | undefined): string[] {
  return (batch?.entries ?? []).map((each) => (JSON.parse(each.json).data as string).replace(/\.+$/, ''));
}
