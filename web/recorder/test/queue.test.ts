import { expect, test } from 'vitest';
import { bodyBytes, split } from '../src/batch';
import { EventQueue, toArray, toEntry } from '../src/queue';
import { FULL_SNAPSHOT, META } from '../src/rrweb';
import { entry } from './fakes';

const encoder = new TextEncoder();

test('cuts_batches_at_event_borders_below_the_limit', () => {
  const queue = new EventQueue(1e6);
  for (let i = 0; i < 10; i++) {
    queue.push(entry(`e${i}`, 100));
  }
  const sizes: number[] = [];
  while (!queue.isEmpty) {
    sizes.push(encoder.encode(toArray(queue.cut(400))).byteLength);
  }
  expect(sizes).toHaveLength(4);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(400);
  expect(queue.bytes).toBe(0);
});

test('fills_a_batch_to_the_last_byte', () => {
  const queue = new EventQueue(1e6);
  const entries = [entry('a', 50), entry('b', 50), entry('c', 50)];
  const whole = encoder.encode(toArray(entries)).byteLength;
  for (const each of entries) {
    queue.push(each);
  }
  expect(queue.cut(whole)).toHaveLength(3);
});

test('sends_an_event_over_the_limit_alone', () => {
  const queue = new EventQueue(1e6);
  queue.push(entry('small'));
  queue.push(entry('large', 5_000));
  queue.push(entry('small'));
  expect(queue.cut(1_000)).toHaveLength(1);
  expect(queue.cut(1_000)[0]?.bytes).toBeGreaterThan(5_000);
  expect(queue.cut(1_000)).toHaveLength(1);
});

test('never_mixes_two_sessions_in_a_batch', () => {
  const queue = new EventQueue(1e6);
  queue.push(entry('a', 0, 's1'));
  queue.push(entry('b', 0, 's2'));
  expect(queue.cut(1e6).map((each) => each.session)).toEqual(['s1']);
  expect(queue.cut(1e6).map((each) => each.session)).toEqual(['s2']);
});

test('counts_bytes_and_not_characters', () => {
  expect(toEntry({ type: 5, data: '日本' } as { type: number }, 's').bytes).toBe(
    encoder.encode('{"type":5,"data":"日本"}').byteLength,
  );
});

test('gives_up_the_oldest_events_up_to_a_checkpoint_when_full', () => {
  const queue = new EventQueue(1_000);
  queue.push(entry('old', 600));
  queue.push(entry('meta', 0, 's1', META));
  queue.push(entry('full', 200, 's1', FULL_SNAPSHOT));
  const loss = queue.push(entry('new', 200));
  expect(loss).toMatchObject({ events: 1, needsSnapshot: false });
  expect(queue.cut(1e6).map((each) => each.type)).toEqual([META, FULL_SNAPSHOT, 5]);
});

test('asks_for_a_snapshot_when_no_checkpoint_is_left', () => {
  const queue = new EventQueue(1_000);
  queue.push(entry('meta', 0, 's1', META));
  queue.push(entry('full', 500, 's1', FULL_SNAPSHOT));
  const loss = queue.push(entry('new', 500));
  expect(loss).toMatchObject({ events: 3, needsSnapshot: true });
  expect(queue.bytes).toBe(0);
});

test('splits_a_batch_near_the_middle_of_its_bytes', () => {
  const entries = [entry('a', 100), entry('b', 100), entry('c', 100), entry('d', 100)];
  const batch = { id: 'b', session: 's', tab: 't', seq: 4, profile: undefined, entries };
  const halves = split(batch);
  expect(halves?.map((half) => half.entries.length)).toEqual([2, 2]);
  expect(halves?.map((half) => half.seq)).toEqual([4, 4]);
  expect(new Set(['b', ...(halves ?? []).map((half) => half.id)]).size).toBe(3);
});

test('splits_off_a_large_event_at_either_end', () => {
  const large = entry('large', 10_000);
  const at = (entries: ReturnType<typeof entry>[]) =>
    split({ id: 'b', session: 's', tab: 't', seq: 0, profile: undefined, entries })?.map(
      (half) => half.entries.length,
    );
  expect(at([large, entry('a'), entry('b')])).toEqual([1, 2]);
  expect(at([entry('a'), entry('b'), large])).toEqual([2, 1]);
  expect(at([large])).toBeUndefined();
});

test('knows_the_size_of_its_body', () => {
  const entries = [entry('ä', 30), entry('b', 40)];
  const batch = { id: 'b', session: 's', tab: 't', seq: 0, profile: undefined, entries };
  expect(bodyBytes(batch)).toBe(encoder.encode(toArray(entries)).byteLength);
});
