import type { RrwebEvent } from './events';
import { evict } from './frames';
import { putStyles } from './styles';
import type { Frame } from './timeline';
import type { Ask, Said } from './wire';

/**
 * Why a frame has no events: it can never arrive, it has not arrived though it was tried, or it lies in an
 * archive that does not answer and is asked for again.
 */
export type Trouble = { kind: 'gone' | 'failed' | 'away'; status: number; code: string; message: string };

interface Entry {
  frame: Frame;
  state: 'waiting' | 'loading' | 'ready' | 'gone' | 'failed';
  events: RrwebEvent[];
  attempts: number;
  /** Names one fetch, so that what a cancelled one still says is not taken for the next one's. */
  request: number;
  trouble: Trouble | null;
}

/** Fetches at once; one more than two keeps the worker parsing while the network waits. */
const AT_ONCE = 3;
const ATTEMPTS = 3;
/** Seconds until an archive that does not answer is tried again, when the server names none. */
const AWAY = 5;

/** A worker started ahead of need: its start takes as long as fetching the first frame. */
let spare: Worker | null = null;

function startWorker(): Worker {
  return new Worker(new URL('./frames.worker.ts', import.meta.url), { type: 'module' });
}

/** Starts a worker for the recording that will be opened next. */
export function warmUp(): void {
  spare ??= startWorker();
}

function takeWorker(): Worker {
  const worker = spare ?? startWorker();
  spare = null;
  setTimeout(warmUp, 3_000);
  return worker;
}

/**
 * The frames at hand, parsed. It is told what is wanted, most urgent first, and works towards that:
 * what is no longer wanted is cancelled, what is far from the playhead is forgotten.
 */
export class FrameStore {
  private readonly worker = takeWorker();
  private readonly entries = new Map<number, Entry>();
  private readonly texts = new Map<number, string>();
  private readonly requests = new Map<number, Entry>();
  private lastRequest = 0;
  private wanted: Frame[] = [];
  private disposed = false;

  /** Adapted style sheets by their recorded text: what the Replayer would otherwise compute itself. */
  readonly adapted = new Map<string, string>();

  /**
   * @param urlOf where a frame is fetched from
   * @param onSettled called after a frame has arrived, or turned out to be gone or unreachable
   */
  constructor(
    private readonly urlOf: (n: number) => string,
    private readonly onSettled: (frame: Frame) => void,
  ) {
    this.worker.onmessage = ({ data }: MessageEvent<Said>) => this.hear(data);
    this.worker.onerror = (event) => {
      for (const entry of this.entries.values()) {
        if (entry.state === 'loading')
          this.fail(entry, { status: 0, code: '', message: event.message || 'The loader stopped.' });
      }
    };
  }

  /** Sets what to have, most urgent first. */
  want(frames: Frame[]): void {
    if (this.disposed) return;
    this.wanted = frames;
    const needed = new Set(frames.map((f) => f.n));
    for (const [n, entry] of this.entries) {
      if (entry.state === 'loading' && !needed.has(n)) {
        this.ask({ type: 'cancel', id: entry.request });
        this.requests.delete(entry.request);
        this.entries.delete(n);
      }
    }
    const loaded = [...this.entries.values()].filter((e) => e.state === 'ready').map((e) => e.frame);
    for (const n of evict(loaded, needed)) this.entries.delete(n);
    this.next();
  }

  /** Whether nothing more is to be expected of this frame. */
  settled(n: number): boolean {
    const state = this.entries.get(n)?.state;
    return state === 'ready' || state === 'gone';
  }

  /** The events of a frame; none for one that is gone or not here. */
  events(n: number): readonly RrwebEvent[] {
    const entry = this.entries.get(n);
    return entry?.state === 'ready' ? entry.events : [];
  }

  trouble(n: number): Trouble | null {
    return this.entries.get(n)?.trouble ?? null;
  }

  /** Whether frames that are wanted lie in an archive that does not answer. */
  get away(): boolean {
    return this.wanted.some((f) => this.entries.get(f.n)?.trouble?.kind === 'away');
  }

  /** Tries again what could not be fetched. */
  retry(): void {
    for (const [n, entry] of this.entries) if (entry.state === 'failed') this.entries.delete(n);
    this.next();
  }

  dispose(): void {
    this.disposed = true;
    this.worker.terminate();
    this.entries.clear();
  }

  private next(): void {
    let busy = 0;
    for (const entry of this.entries.values()) if (entry.state === 'loading') busy++;
    for (const frame of this.wanted) {
      if (busy >= AT_ONCE) return;
      const entry = this.entries.get(frame.n);
      if (entry && entry.state !== 'waiting') continue;
      this.start(frame, entry?.attempts ?? 0);
      busy++;
    }
  }

  private start(frame: Frame, attempts: number): void {
    const request = ++this.lastRequest;
    // What was wrong stays known until it is better: an archive that is away is still away.
    const trouble = this.entries.get(frame.n)?.trouble ?? null;
    const entry: Entry = { frame, state: 'loading', events: [], attempts, request, trouble };
    this.entries.set(frame.n, entry);
    this.requests.set(request, entry);
    this.ask({ type: 'load', id: request, url: this.urlOf(frame.n) });
  }

  private hear(said: Said): void {
    if (said.type === 'events') {
      // Styles are sent once per worker, so they are kept even if the frame was cancelled meanwhile.
      for (const style of said.styles) {
        this.texts.set(style.key, style.text);
        this.adapted.set(style.lookup, style.adapted);
      }
    }
    const entry = this.requests.get(said.id);
    if (!entry) return;
    switch (said.type) {
      case 'events':
        putStyles(said.events, said.slots, (key) => this.texts.get(key) ?? '');
        for (const event of said.events) entry.events.push(event);
        return;
      case 'done':
        this.requests.delete(said.id);
        entry.state = 'ready';
        entry.trouble = null;
        this.settle(entry);
        return;
      case 'failed':
        this.fail(entry, said, said.retryAfter);
        return;
    }
  }

  private fail(entry: Entry, why: Omit<Trouble, 'kind'>, retryAfter: number | null = null): void {
    const { status, code, message } = why;
    this.requests.delete(entry.request);
    entry.events = [];
    if (status === 404 || status === 410) {
      entry.state = 'gone';
      entry.trouble = { kind: 'gone', status, code, message };
      this.settle(entry);
      return;
    }
    if (code === 'archive_unavailable') {
      entry.state = 'failed';
      entry.trouble = { kind: 'away', status, code, message };
      this.again(entry, (retryAfter ?? AWAY) * 1_000);
      this.settle(entry);
      return;
    }
    entry.attempts++;
    // A refusal will not change by asking again; silence or a server fault may.
    if (entry.attempts < ATTEMPTS && (status === 0 || status >= 500 || status === 429)) {
      entry.state = 'loading';
      this.again(entry, 400 * 3 ** entry.attempts);
      return;
    }
    entry.state = 'failed';
    entry.trouble = { kind: 'failed', status, code, message };
    this.settle(entry);
  }

  private again(entry: Entry, pause: number): void {
    setTimeout(() => {
      if (this.disposed || this.entries.get(entry.frame.n) !== entry) return;
      entry.state = 'waiting';
      this.next();
    }, pause);
  }

  private settle(entry: Entry): void {
    this.onSettled(entry.frame);
    this.next();
  }

  private ask(ask: Ask): void {
    this.worker.postMessage(ask);
  }
}
