/** What an answer of the server means for the batch that was sent. */
export type Answer =
  /** Stored, now or by an earlier attempt. */
  | { readonly kind: 'accepted' }
  /** To be sent again with the same batch id, after the time the server asked for, if it did. */
  | { readonly kind: 'later'; readonly afterMs: number | undefined }
  /** Too large for the server: to be sent in two halves. */
  | { readonly kind: 'split' }
  /** This batch will never be taken. */
  | { readonly kind: 'refused'; readonly status: number }
  /** No batch will: the key or the page's origin is not allowed. */
  | { readonly kind: 'stop'; readonly status: number };

/**
 * Reads an answer.
 *
 * @param status HTTP status, or 0 when no answer came
 * @param retryAfter the `Retry-After` header: seconds or an HTTP date
 * @param now milliseconds since the epoch, to turn a date into a wait
 */
export function readAnswer(status: number, retryAfter: string | null, now: number): Answer {
  if (status >= 200 && status < 300) {
    return { kind: 'accepted' };
  }
  switch (status) {
    case 401:
    case 403:
      return { kind: 'stop', status };
    case 413:
      return { kind: 'split' };
    case 408:
    case 429:
      return { kind: 'later', afterMs: readRetryAfter(retryAfter, now) };
    default:
      return status >= 400 && status < 500
        ? { kind: 'refused', status }
        : { kind: 'later', afterMs: readRetryAfter(retryAfter, now) };
  }
}

/** Longest wait that a server may ask for: a daily quota must not silence a page for good. */
const LONGEST_ASKED_MS = 15 * 60_000;

function readRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim();
  if (!text) {
    return undefined;
  }
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_ASKED_MS, Math.max(0, ms));
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * How long to wait before a batch is sent again: 1 s, 2 s, 4 s … at most 60 s, less up to a half by
 * chance, so that the pages of a server that comes back do not all call at once. A wait that the
 * server asked for is never cut short, only stretched by up to a quarter.
 *
 * @param failures attempts that failed so far, at least 1
 * @param askedMs what the server asked for
 * @param chance a number from 0 to 1
 */
export function waitBeforeRetry(failures: number, askedMs: number | undefined, chance: number): number {
  if (askedMs !== undefined && askedMs > 0) {
    return askedMs * (1 + chance / 4);
  }
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return full * (1 - chance / 2);
}
