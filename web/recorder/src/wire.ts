import type { Batch, Destination } from './batch';
import { address, body, bodyBytes } from './batch';
import type { Answer } from './retry';
import { readAnswer } from './retry';
import type { TrackTransport } from './tracker';

/** Browsers let all unfinished keepalive requests of a page together carry 64 KiB; some is left to the page itself. */
export const KEEPALIVE_BYTES = 60 * 1024;

// Taken as early as the script runs: a wrapper that the page puts around it later would see, and
// perhaps report, our requests.
const browserFetch = window.fetch;

/** A request that is not answered in this time counts as failed. */
const PATIENCE_MS = 30_000;

/**
 * Carries batches to the server, in two forms. Neither needs a preflight, which would double every
 * request to another origin: the body is `text/plain` without further headers, the key is in the
 * address (it is public anyway: it can write, never read), and the server knows gzip by its first bytes.
 *
 * The ordinary form is gzipped. The leaving form outlives the page: it has to be ready at once, while
 * compression in a browser takes a turn of the event loop, so it is plain JSON.
 */
export class Wire {
  private keepaliveBytes = 0;

  constructor(private readonly destination: Destination) {}

  /** Bytes that a leaving request may carry now. */
  get keepaliveRoom(): number {
    return KEEPALIVE_BYTES - this.keepaliveBytes;
  }

  /** Sends a batch in the ordinary form. Never rejects. */
  async send(batch: Batch): Promise<Answer> {
    const text = body(batch);
    const packed = await gzip(text);
    return post(address(this.destination, batch, Date.now()), {
      body: new Blob([packed ?? text], { type: 'text/plain' }),
    });
  }

  /**
   * Sends a batch in the leaving form. Its size must fit into {@link keepaliveRoom}. Never rejects;
   * most often nobody is there any more to be told.
   */
  async sendLeaving(batch: Batch): Promise<Answer> {
    const url = address(this.destination, batch, Date.now());
    const blob = new Blob([body(batch)], { type: 'text/plain' });
    if (!('keepalive' in Request.prototype)) {
      // A beacon has no answer; what it was given counts as sent.
      return navigator.sendBeacon(url, blob) ? { kind: 'accepted' } : { kind: 'later', afterMs: undefined };
    }
    const bytes = bodyBytes(batch);
    this.keepaliveBytes += bytes;
    try {
      return await post(url, { body: blob, keepalive: true });
    } finally {
      this.keepaliveBytes -= bytes;
    }
  }
}

/** Carries analytics events, in the same two forms; their requests are small. */
export function trackTransport(destination: Destination): TrackTransport {
  const url = `${destination.host}/v1/events?${new URLSearchParams({ key: destination.key })}`;
  const blob = (body: string): Blob => new Blob([body], { type: 'text/plain' });
  return {
    send: (body) => post(url, { body: blob(body) }),
    sendLeaving: async (body) => {
      if ('keepalive' in Request.prototype) {
        return post(url, { body: blob(body), keepalive: true });
      }
      return navigator.sendBeacon(url, blob(body))
        ? { kind: 'accepted' }
        : { kind: 'later', afterMs: undefined };
    },
  };
}

async function post(url: string, init: RequestInit): Promise<Answer> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    const response = await browserFetch.call(window, url, {
      method: 'POST',
      mode: 'cors',
      credentials: 'omit',
      cache: 'no-store',
      signal: abort.signal,
      ...init,
    });
    return readAnswer(response.status, response.headers.get('retry-after'), Date.now());
  } catch {
    return readAnswer(0, null, Date.now());
  } finally {
    clearTimeout(timer);
  }
}

/** The text gzipped, or undefined where the browser cannot. */
async function gzip(text: string): Promise<ArrayBuffer | undefined> {
  if (typeof CompressionStream === 'undefined') {
    return undefined;
  }
  try {
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
    return await new Response(stream).arrayBuffer();
  } catch {
    return undefined;
  }
}
