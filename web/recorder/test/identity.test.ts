import { expect, test } from 'vitest';
import { isSampled, newId } from '../src/ids';
import { Session } from '../src/session';
import { memoryStore } from '../src/store';
import { Tab } from '../src/tab';

const rules = { idleMs: 30 * 60_000, maxMs: 12 * 3_600_000 };
const minute = 60_000;
const t0 = 1_700_000_000_000;

test('keeps_the_session_over_page_loads', () => {
  const store = memoryStore();
  const first = new Session(store, rules, t0);
  expect(new Session(store, rules, t0 + 29 * minute).id).toBe(first.id);
  expect(new Session(store, rules, t0 + 58 * minute).id).toBe(first.id);
});

test('begins_a_new_session_on_a_page_load_after_the_idle_time', () => {
  const store = memoryStore();
  const first = new Session(store, rules, t0);
  expect(new Session(store, rules, t0 + 30 * minute).id).not.toBe(first.id);
});

test('sleeps_when_idle_and_wakes_with_a_new_session_only_for_a_person', () => {
  const session = new Session(memoryStore(), rules, t0);
  const id = session.id;
  expect(session.turn(t0 + 29 * minute, false)).toBe('same');
  expect(session.turn(t0 + 31 * minute, false)).toBe('asleep');
  expect(session.id).toBe(id);
  expect(session.turn(t0 + 32 * minute, true)).toBe('new');
  expect(session.id).not.toBe(id);
  expect(session.turn(t0 + 33 * minute, false)).toBe('same');
});

test('activity_keeps_a_session_going', () => {
  const session = new Session(memoryStore(), rules, t0);
  for (let at = 10; at <= 120; at += 10) {
    expect(session.turn(t0 + at * minute, true)).toBe('same');
  }
});

test('ends_a_session_after_the_longest_time_however_active', () => {
  const session = new Session(memoryStore(), rules, t0);
  const turns = [];
  for (let at = 10; at <= 12 * 60; at += 10) {
    turns.push(session.turn(t0 + at * minute, true));
  }
  expect(turns.filter((turn) => turn === 'new')).toHaveLength(1);
  expect(turns.at(-1)).toBe('new');
});

test('activity_in_another_tab_keeps_the_session_going', () => {
  const store = memoryStore();
  const here = new Session(store, rules, t0);
  const there = new Session(store, rules, t0);
  there.turn(t0 + 20 * minute, true);
  expect(here.turn(t0 + 40 * minute, false)).toBe('same');
});

test('follows_another_tab_into_its_new_session', () => {
  const store = memoryStore();
  const here = new Session(store, rules, t0);
  const there = new Session(store, rules, t0);
  expect(there.turn(t0 + 31 * minute, true)).toBe('new');
  expect(here.turn(t0 + 32 * minute, false)).toBe('new');
  expect(here.id).toBe(there.id);
});

test('goes_on_when_the_clock_is_set_back', () => {
  const session = new Session(memoryStore(), rules, t0);
  expect(session.turn(t0 - 60 * minute, true)).toBe('same');
  expect(session.turn(t0 - 31 * minute, true)).toBe('same');
  expect(session.turn(t0, false)).toBe('asleep');
});

test('starts_afresh_from_a_record_that_is_not_its_own', () => {
  const store = memoryStore();
  store.set('session', { id: 7 });
  expect(new Session(store, rules, t0).id).toMatch(/^[0-9a-f-]{36}$/);
});

test('keeps_the_tab_and_counts_on_over_a_reload', () => {
  const store = memoryStore();
  const first = new Tab(store, false);
  expect([first.nextSeq('s'), first.nextSeq('s')]).toEqual([0, 1]);
  first.leave();
  const second = new Tab(store, false);
  expect(second.id).toBe(first.id);
  expect(second.nextSeq('s')).toBe(2);
});

test('gives_a_copied_tab_a_name_of_its_own', () => {
  const original = memoryStore();
  const first = new Tab(original, false);
  first.nextSeq('s');
  const copy = memoryStore();
  copy.set('tab', original.get('tab'));
  const second = new Tab(copy, false);
  expect(second.id).not.toBe(first.id);
  expect(second.nextSeq('s')).toBe(0);
});

test('keeps_the_name_of_a_tab_that_the_browser_discarded', () => {
  const store = memoryStore();
  const first = new Tab(store, false);
  expect(new Tab(store, true).id).toBe(first.id);
});

test('counts_each_session_of_a_tab_from_zero', () => {
  const tab = new Tab(memoryStore(), false);
  expect([tab.nextSeq('s1'), tab.nextSeq('s1'), tab.nextSeq('s2')]).toEqual([0, 1, 0]);
});

test('counts_on_from_the_pages_shown_meanwhile_when_it_comes_back', () => {
  const store = memoryStore();
  const first = new Tab(store, false);
  first.nextSeq('s');
  first.leave();
  const second = new Tab(store, false);
  second.nextSeq('s');
  second.leave();
  first.comeBack();
  expect(first.nextSeq('s')).toBe(2);
});

test('samples_the_share_it_is_told', () => {
  const ids = Array.from({ length: 5_000 }, newId);
  const share = ids.filter((id) => isSampled(id, 0.3)).length / ids.length;
  expect(share).toBeGreaterThan(0.26);
  expect(share).toBeLessThan(0.34);
  expect(ids.every((id) => isSampled(id, 1))).toBe(true);
  expect(ids.some((id) => isSampled(id, 0))).toBe(false);
});
