import { expect, test } from 'vitest';
import type { Answer } from '../src/retry';
import { BATCH_BYTES, FIRST_FLUSH_MS, FLUSH_MS } from '../src/sender';
import { memoryStore } from '../src/store';
import { entry, names, senderOnTrial, settled } from './fakes';

test('sends_nothing_before_the_tab_is_settled', async () => {
  const { clock, server, sender, push } = senderOnTrial();
  push(entry('a'));
  await clock.pass(60_000);
  expect(server.got).toHaveLength(0);
  sender.open();
  await clock.pass(FIRST_FLUSH_MS);
  expect(server.got).toHaveLength(1);
});

test('gathers_events_for_five_seconds', async () => {
  const { clock, server, sender, push } = senderOnTrial();
  sender.open();
  push(entry('a'));
  await clock.pass(FLUSH_MS - 1);
  push(entry('b'));
  expect(server.got).toHaveLength(0);
  await clock.pass(1);
  expect(server.got.map(names)).toEqual([['a', 'b']]);
  await clock.pass(60_000);
  expect(server.got).toHaveLength(1);
});

test('sends_at_once_when_a_batch_is_full', async () => {
  const { server, sender, push } = senderOnTrial();
  sender.open();
  push(entry('a', BATCH_BYTES / 2), entry('b', BATCH_BYTES / 2), entry('c', 10));
  await settled();
  expect(server.got.map(names)).toEqual([['a']]);
});

test('retries_with_the_same_id_and_number_until_accepted', async () => {
  const { clock, server, sender, push } = senderOnTrial();
  const later: Answer = { kind: 'later', afterMs: undefined };
  server.answers.push(later, later, later);
  sender.open();
  push(entry('a'));
  await clock.pass(FLUSH_MS);
  push(entry('b'));
  await clock.pass(1_000 + 2_000);
  expect(server.got).toHaveLength(3);
  await clock.pass(4_000 + FLUSH_MS);
  expect(server.got.map((batch) => [batch.id, batch.seq])).toEqual([
    ['batch-0', 0],
    ['batch-0', 0],
    ['batch-0', 0],
    ['batch-0', 0],
    ['batch-1', 1],
  ]);
});

test('waits_as_long_as_the_server_asks', async () => {
  const { clock, server, sender, push } = senderOnTrial();
  server.answers.push({ kind: 'later', afterMs: 30_000 });
  sender.open();
  push(entry('a'));
  await clock.pass(FLUSH_MS + 29_999);
  expect(server.got).toHaveLength(1);
  await clock.pass(1);
  expect(server.got).toHaveLength(2);
});

test('tries_at_once_when_the_network_is_back', async () => {
  const { clock, server, sender, push } = senderOnTrial();
  server.answers.push({ kind: 'later', afterMs: 60_000 });
  sender.open();
  push(entry('a'));
  await clock.pass(FLUSH_MS);
  sender.retryNow();
  await settled();
  expect(server.got).toHaveLength(2);
});

test('halves_a_batch_that_is_too_large_for_the_server', async () => {
  const { clock, server, sender, push } = senderOnTrial();
  server.answers.push({ kind: 'split' });
  sender.open();
  push(entry('a', 100), entry('b', 100), entry('c', 100), entry('d', 100));
  await clock.pass(FLUSH_MS);
  expect(server.got.map(names)).toEqual([
    ['a', 'b', 'c', 'd'],
    ['a', 'b'],
    ['c', 'd'],
  ]);
  expect(server.got.map((batch) => batch.seq)).toEqual([0, 0, 0]);
});

test('forms_smaller_batches_once_it_knows_what_the_server_takes', async () => {
  const { clock, server, sender, push } = senderOnTrial();
  server.answers.push({ kind: 'split' });
  sender.open();
  push(entry('a', 100), entry('b', 100), entry('c', 100), entry('d', 100));
  await clock.pass(FLUSH_MS);
  push(entry('e', 100), entry('f', 100), entry('g', 100));
  await settled();
  expect(server.got.slice(3).map(names)).toEqual([['e', 'f']]);
});

test('drops_a_refused_batch_and_says_so', async () => {
  const { clock, server, sender, push, refused } = senderOnTrial();
  server.answers.push({ kind: 'refused', status: 400 });
  sender.open();
  push(entry('a'));
  await clock.pass(FLUSH_MS);
  push(entry('b'));
  await clock.pass(FLUSH_MS);
  expect(refused).toEqual([400]);
  expect(server.got.map(names)).toEqual([['a'], ['b']]);
});

test('stops_after_five_refusals_in_a_row', async () => {
  const { clock, server, sender, push, stopped } = senderOnTrial();
  sender.open();
  for (let i = 0; i < 8; i++) {
    server.answers.push({ kind: 'refused', status: 404 });
    push(entry(`e${i}`));
    await clock.pass(FLUSH_MS);
  }
  expect(server.got).toHaveLength(5);
  expect(stopped).toEqual([404]);
});

test('stops_when_the_key_is_not_allowed', async () => {
  const { clock, server, sender, push, queue, stopped } = senderOnTrial();
  server.answers.push({ kind: 'stop', status: 401 });
  sender.open();
  push(entry('a'));
  await clock.pass(FLUSH_MS);
  expect(stopped).toEqual([401]);
  expect(queue.isEmpty).toBe(true);
});

test('leaves_with_what_fits_and_keeps_the_rest_for_the_next_page', async () => {
  const store = memoryStore();
  const { server, sender, push } = senderOnTrial(store);
  push(entry('a', 10_000), entry('large', 100_000), entry('b', 10_000));
  sender.leave();
  await settled();
  expect(server.gotLeaving.map(names)).toEqual([['a'], ['b']]);

  const next = senderOnTrial(store);
  next.sender.open();
  await settled();
  expect(next.server.got.map(names)).toEqual([['large']]);
  expect(next.server.got[0]).toMatchObject({ id: 'batch-1', seq: 1, tab: 't1' });
  expect(store.names()).toEqual([]);
});

test('goes_on_in_the_ordinary_form_when_the_page_stays_after_all', async () => {
  const store = memoryStore();
  const { server, sender, push } = senderOnTrial(store);
  sender.open();
  push(entry('a', 10_000), entry('large', 100_000));
  sender.leave();
  await settled();
  expect(server.gotLeaving.map(names)).toEqual([['a']]);
  expect(server.got.map(names)).toEqual([['large']]);
  expect(store.names()).toEqual([]);
});

test('sends_and_keeps_a_batch_whose_request_ends_with_the_page', async () => {
  const store = memoryStore();
  const { clock, server, sender, push } = senderOnTrial(store);
  server.answers.push(new Promise<Answer>(() => {}));
  sender.open();
  push(entry('a'));
  await clock.pass(FLUSH_MS);
  server.answersLeaving = new Promise<Answer>(() => {});
  sender.leave();
  await settled();
  expect([server.got[0]?.id, server.gotLeaving[0]?.id]).toEqual(['batch-0', 'batch-0']);

  const next = senderOnTrial(store);
  next.sender.open();
  await settled();
  expect(next.server.got[0]?.id).toBe('batch-0');
});

test('keeps_everything_when_it_leaves_while_the_server_fails', async () => {
  const store = memoryStore();
  const { clock, server, sender, push } = senderOnTrial(store);
  server.answers.push({ kind: 'later', afterMs: undefined });
  sender.open();
  push(entry('a'));
  await clock.pass(FLUSH_MS);
  push(entry('b'));
  sender.leave();
  await settled();
  expect(server.gotLeaving).toHaveLength(0);
  expect(store.names()).toHaveLength(2);
});

test('leaves_the_page_its_storage', async () => {
  const store = memoryStore();
  const { sender, push } = senderOnTrial(store);
  push(...Array.from({ length: 30 }, (_, i) => entry(`e${i}`, 100_000)));
  sender.leave();
  await settled();
  const kept = store.names().map((name) => JSON.stringify(store.get(name)).length);
  expect(kept.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_200_000);
});
