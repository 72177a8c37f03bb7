/// <reference lib="webworker" />
import { problemOf } from '../api/client';
import type { RrwebEvent } from './events';
import { hoverAsClass } from './hover';
import { LineCutter } from './lines';
import { type Style, type StyleSlot, takeStyles } from './styles';
import type { Ask, Said } from './wire';

/**
 * Fetches frames and parses them, so that neither JSON of many megabytes nor the rewriting of style
 * sheets ever holds up the page.
 */
declare const self: DedicatedWorkerGlobalScope;

/** Characters of JSON per message: copying a message stops the page for a moment, so it stays small. */
const MESSAGE_CHARS = 1_500_000;

const running = new Map<number, AbortController>();
const known = new Map<string, number>();

self.onmessage = ({ data: ask }: MessageEvent<Ask>) => {
  if (ask.type === 'cancel') {
    running.get(ask.id)?.abort();
    running.delete(ask.id);
    return;
  }
  const abort = new AbortController();
  running.set(ask.id, abort);
  load(ask.id, ask.url, abort.signal)
    .catch((error: unknown) => {
      if (abort.signal.aborted) return;
      say({
        type: 'failed',
        id: ask.id,
        status: 0,
        code: '',
        retryAfter: null,
        message: error instanceof Error ? error.message : String(error),
      });
    })
    .finally(() => running.delete(ask.id));
};

async function load(id: number, url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal, headers: { Accept: 'application/x-ndjson' } });
  if (!response.ok || !response.body) {
    const { code, message, retryAfter } = await problemOf(response);
    say({ type: 'failed', id, status: response.status, code, message, retryAfter });
    return;
  }
  const batch = new Batch(id);
  const cutter = new LineCutter();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    for (const line of done ? cutter.end() : cutter.push(value)) batch.add(line);
    if (done) break;
  }
  batch.send();
  say({ type: 'done', id, skippedLines: batch.skipped });
}

class Batch {
  skipped = 0;
  private events: RrwebEvent[] = [];
  private slots: StyleSlot[] = [];
  private styles: Style[] = [];
  private chars = 0;

  constructor(private readonly id: number) {}

  add(line: string): void {
    const event = parse(line);
    if (!event) {
      this.skipped++;
      return;
    }
    const slots = takeStyles(event, this.events.length, (text, lookup) => this.share(text, lookup));
    this.slots.push(...slots);
    this.events.push(event);
    this.chars += line.length;
    if (this.chars >= MESSAGE_CHARS) this.send();
  }

  send(): void {
    if (this.events.length > 0) {
      say({ type: 'events', id: this.id, events: this.events, slots: this.slots, styles: this.styles });
    }
    this.events = [];
    this.slots = [];
    this.styles = [];
    this.chars = 0;
  }

  private share(text: string, lookup: string): number {
    const found = known.get(text);
    if (found !== undefined) return found;
    const key = known.size;
    known.set(text, key);
    this.styles.push({ key, text, lookup, adapted: hoverAsClass(lookup) });
    return key;
  }
}

function parse(line: string): RrwebEvent | null {
  try {
    const event = JSON.parse(line) as RrwebEvent | null;
    return typeof event?.type === 'number' && Number.isFinite(event.timestamp) ? event : null;
  } catch {
    return null;
  }
}

function say(said: Said): void {
  self.postMessage(said);
}
