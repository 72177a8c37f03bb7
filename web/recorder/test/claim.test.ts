import { expect, test } from 'vitest';
import type { Channel } from '../src/claim';
import { claimTab, ROUND_MS } from '../src/claim';
import { StandingClock } from './fakes';

/** Channels that hear each other and not themselves, like those of the tabs of one origin. */
class Air {
  private readonly channels = new Set<Channel>();

  open(): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of this.channels) {
          if (other !== channel) {
            other.onmessage?.({ data });
          }
        }
      },
      close: () => this.channels.delete(channel),
    };
    this.channels.add(channel);
    return channel;
  }
}

function page(air: Air, clock: StandingClock, tab: string, name: string) {
  const outcome: { taken?: boolean } = {};
  const claim = claimTab(
    air.open(),
    tab,
    name,
    (ms, run) => void clock.after(ms, run),
    (taken) => {
      outcome.taken = taken;
    },
  );
  return { outcome, claim };
}

test('takes_a_name_that_nobody_holds_after_one_round', async () => {
  const clock = new StandingClock();
  const { outcome } = page(new Air(), clock, 't', 'a');
  await clock.pass(ROUND_MS - 1);
  expect(outcome.taken).toBeUndefined();
  await clock.pass(1);
  expect(outcome.taken).toBe(false);
});

test('learns_that_another_live_tab_holds_the_name', async () => {
  const clock = new StandingClock();
  const air = new Air();
  const first = page(air, clock, 't', 'z');
  await clock.pass(ROUND_MS);
  const second = page(air, clock, 't', 'a');
  await clock.pass(2 * ROUND_MS);
  expect([first.outcome.taken, second.outcome.taken]).toEqual([false, true]);
});

test('leaves_the_name_to_one_of_two_that_ask_together', async () => {
  const clock = new StandingClock();
  const air = new Air();
  const pages = ['a', 'b', 'c'].map((name) => page(air, clock, 't', name));
  await clock.pass(3 * ROUND_MS);
  expect(pages.map((each) => each.outcome.taken)).toEqual([false, true, true]);
});

test('leaves_the_name_to_one_of_two_however_far_apart_they_ask', async () => {
  for (const [first, second] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    for (const apart of [1, ROUND_MS / 2, ROUND_MS - 1, ROUND_MS, ROUND_MS + 1, 2 * ROUND_MS]) {
      const clock = new StandingClock();
      const air = new Air();
      const early = page(air, clock, 't', first);
      await clock.pass(apart);
      const late = page(air, clock, 't', second);
      await clock.pass(3 * ROUND_MS);
      expect([early.outcome.taken, late.outcome.taken].filter((taken) => taken === false)).toHaveLength(1);
    }
  }
});

test('keeps_the_name_when_the_page_that_answered_was_only_being_left', async () => {
  const clock = new StandingClock();
  const air = new Air();
  const old = page(air, clock, 't', 'a');
  await clock.pass(ROUND_MS);
  const next = page(air, clock, 't', 'b');
  old.claim.release();
  await clock.pass(2 * ROUND_MS);
  expect(next.outcome.taken).toBe(false);
});

test('minds_its_own_name_only', async () => {
  const clock = new StandingClock();
  const air = new Air();
  page(air, clock, 't1', 'a');
  await clock.pass(ROUND_MS);
  const other = page(air, clock, 't2', 'b');
  await clock.pass(ROUND_MS);
  expect(other.outcome.taken).toBe(false);
});
