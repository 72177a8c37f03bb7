import { expect, test } from 'vitest';
import type { Answer } from '../src/retry';
import { memoryStore } from '../src/store';
import type { Tracked, TrackTransport } from '../src/tracker';
import { TRACK_FLUSH_MS, Tracker } from '../src/tracker';
import { StandingClock, settled } from './fakes';

interface Sent {
  session_id: string;
  sent_at: number;
  profile?: unknown;
  events: Tracked[];
}

function trackerOnTrial(store = memoryStore()) {
  const clock = new StandingClock();
  const sent: Sent[] = [];
  const left: Sent[] = [];
  const answers: Answer[] = [];
  let session = 's1';
  const answer = (): Answer => answers.shift() ?? { kind: 'accepted' };
  const transport: TrackTransport = {
    send: async (body) => {
      sent.push(JSON.parse(body) as Sent);
      return answer();
    },
    sendLeaving: async (body) => {
      left.push(JSON.parse(body) as Sent);
      return answer();
    },
  };
  const tracker = new Tracker(store, transport, clock, () => session);
  const track = (name: string, properties?: unknown): void =>
    tracker.track({
      name,
      time: clock.now(),
      profile_id: undefined,
      url: 'https://shop.example.com/',
      referrer: undefined,
      title: undefined,
      properties,
    });
  const turn = (next: string): void => {
    session = next;
  };
  return { clock, tracker, track, turn, sent, left, answers, store };
}

const names = (body: Sent | undefined): string[] => (body?.events ?? []).map((event) => event.name);
const ids = (body: Sent | undefined): string[] => (body?.events ?? []).map((event) => event.id);

test('gathers_events_and_sends_them_with_the_session', async () => {
  const { clock, track, sent } = trackerOnTrial();
  track('a', { price: 3 });
  track('b');
  await clock.pass(TRACK_FLUSH_MS);
  expect(sent.map(names)).toEqual([['a', 'b']]);
  expect(sent[0]).toMatchObject({ session_id: 's1', sent_at: clock.now() });
  expect(sent[0]?.events[0]).toMatchObject({ properties: { price: 3 }, url: 'https://shop.example.com/' });
  expect(sent[0]?.events[0]).not.toHaveProperty('session');
  await clock.pass(60_000);
  expect(sent).toHaveLength(1);
});

test('retries_with_the_same_ids_until_accepted', async () => {
  const { clock, track, sent, answers } = trackerOnTrial();
  const later: Answer = { kind: 'later', afterMs: undefined };
  answers.push(later, later);
  track('a');
  await clock.pass(TRACK_FLUSH_MS + 10_000);
  expect(sent).toHaveLength(3);
  expect(new Set(sent.flatMap(ids)).size).toBe(1);
});

test('never_mixes_two_sessions_in_a_request', async () => {
  const { clock, track, turn, sent } = trackerOnTrial();
  track('a');
  turn('s2');
  track('b');
  await clock.pass(3 * TRACK_FLUSH_MS);
  expect(sent.map((body) => [body.session_id, ...names(body)])).toEqual([
    ['s1', 'a'],
    ['s2', 'b'],
  ]);
});

test('tells_of_a_person_once', async () => {
  const { clock, tracker, sent } = trackerOnTrial();
  tracker.identify('42', { name: 'Ada', email: 'ada@example.com', plan: 'pro' });
  await clock.pass(60_000);
  expect(sent.map((body) => body.profile)).toEqual([
    { id: '42', first_name: 'Ada', email: 'ada@example.com', properties: { plan: 'pro' } },
  ]);
  expect(sent[0]?.session_id).toBe('s1');
});

test('leaves_with_the_page_and_keeps_what_was_not_answered', async () => {
  const first = trackerOnTrial();
  first.answers.push({ kind: 'later', afterMs: undefined });
  first.track('a');
  first.tracker.leave();
  await settled();
  expect(first.left.map(names)).toEqual([['a']]);

  const next = trackerOnTrial(first.store);
  await next.clock.pass(TRACK_FLUSH_MS);
  expect(ids(next.sent[0])).toEqual(ids(first.left[0]));
  expect(next.sent[0]?.session_id).toBe('s1');
  expect(first.store.names()).toEqual([]);
});

test('keeps_nothing_that_was_answered_as_the_page_went', async () => {
  const { tracker, track, store } = trackerOnTrial();
  track('a');
  tracker.leave();
  await settled();
  expect(store.names()).toEqual([]);
});

test('requests_stay_small_enough_to_outlive_the_page', async () => {
  const { clock, track, sent } = trackerOnTrial();
  for (let i = 0; i < 120; i++) {
    track('a', { text: 'x'.repeat(500) });
  }
  await clock.pass(60_000);
  expect(sent.flatMap(ids)).toHaveLength(120);
  expect(new Set(sent.flatMap(ids)).size).toBe(120);
  expect(Math.max(...sent.map((body) => JSON.stringify(body).length))).toBeLessThan(20_000);
  expect(() => track('huge', 'x'.repeat(20_000))).toThrow('too large');
});

test('drops_what_is_refused_and_stops_when_the_key_is', async () => {
  const { clock, track, sent, answers } = trackerOnTrial();
  answers.push({ kind: 'refused', status: 400 }, { kind: 'stop', status: 401 });
  track('a');
  await clock.pass(TRACK_FLUSH_MS);
  track('b');
  await clock.pass(TRACK_FLUSH_MS);
  track('c');
  await clock.pass(60_000);
  expect(sent.map(names)).toEqual([['a'], ['b']]);
});
