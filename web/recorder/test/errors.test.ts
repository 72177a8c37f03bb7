import { expect, test } from 'vitest';
import { describeConsole, describeThrown, RateBound } from '../src/errors';

test('describes_whatever_is_thrown', () => {
  expect(describeThrown('error', new TypeError('x is not a function'))).toMatchObject({
    kind: 'error',
    message: 'TypeError: x is not a function',
    stack: expect.stringContaining('errors.test'),
  });
  expect(describeThrown('rejection', 'no').message).toBe('no');
  expect(describeThrown('rejection', undefined).message).toBe('undefined');
});

test('shows_the_keys_of_logged_objects_and_not_their_values', () => {
  expect(describeConsole(['failed:', { user: 'ada', id: 7 }, [1, 2]]).message).toBe(
    'failed: {user, id} Array(2)',
  );
});

test('cuts_long_messages_and_stacks', () => {
  const error = new Error('x'.repeat(10_000));
  error.stack = 'y'.repeat(10_000);
  expect(JSON.stringify(describeThrown('error', error)).length).toBeLessThan(5_200);
});

test('lets_a_burst_through_and_then_holds_back', () => {
  const bound = new RateBound(3, 1_000);
  expect([0, 1, 2, 3, 999, 1_000, 1_001].map((at) => bound.allows(at))).toEqual([
    true,
    true,
    true,
    false,
    false,
    true,
    true,
  ]);
});
