import { expect, test } from 'vitest';
import { readAnswer, waitBeforeRetry } from '../src/retry';

const now = Date.parse('2026-11-21T12:00:00Z');

test('reads_what_each_status_means_for_the_batch', () => {
  const kinds = [200, 202, 400, 401, 403, 404, 408, 413, 422, 429, 500, 503, 0].map((status) => [
    status,
    readAnswer(status, null, now).kind,
  ]);
  expect(Object.fromEntries(kinds)).toEqual({
    200: 'accepted',
    202: 'accepted',
    400: 'refused',
    401: 'stop',
    403: 'stop',
    404: 'refused',
    408: 'later',
    413: 'split',
    422: 'refused',
    429: 'later',
    500: 'later',
    503: 'later',
    0: 'later',
  });
});

test('reads_retry_after_in_seconds_and_as_a_date', () => {
  expect(readAnswer(503, '7', now)).toEqual({ kind: 'later', afterMs: 7_000 });
  expect(readAnswer(429, 'Sat, 21 Nov 2026 12:00:30 GMT', now)).toEqual({ kind: 'later', afterMs: 30_000 });
  expect(readAnswer(503, 'soon', now)).toEqual({ kind: 'later', afterMs: undefined });
  expect(readAnswer(503, '86400', now)).toEqual({ kind: 'later', afterMs: 900_000 });
  expect(readAnswer(503, 'Sat, 21 Nov 2026 11:00:00 GMT', now)).toEqual({ kind: 'later', afterMs: 0 });
});

test('doubles_the_wait_up_to_a_minute', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((failures) => waitBeforeRetry(failures, undefined, 0));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('shortens_its_own_wait_by_at_most_a_half', () => {
  expect(waitBeforeRetry(3, undefined, 1)).toBe(2_000);
});

test('never_calls_sooner_than_the_server_asked', () => {
  expect(waitBeforeRetry(1, 20_000, 0)).toBe(20_000);
  expect(waitBeforeRetry(1, 20_000, 1)).toBe(25_000);
});
