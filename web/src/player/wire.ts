import type { RrwebEvent } from './events';
import type { Style, StyleSlot } from './styles';

/** What the page asks of the worker. */
export type Ask = { type: 'load'; id: number; url: string } | { type: 'cancel'; id: number };

/** What the worker says. A frame arrives as any number of `events`, then `done` or `failed`. */
export type Said =
  | { type: 'events'; id: number; events: RrwebEvent[]; slots: StyleSlot[]; styles: Style[] }
  | { type: 'done'; id: number; skippedLines: number }
  | {
      type: 'failed';
      id: number;
      status: number;
      /** The problem's stable name; empty when no problem came. */
      code: string;
      message: string;
      /** Seconds, when the server named them. */
      retryAfter: number | null;
    };
