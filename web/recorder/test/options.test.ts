import { expect, test } from 'vitest';
import { readOptions } from '../src/options';

const src = 'https://replay.example.com/backspool.js?v=3';

test('needs_nothing_but_a_key', () => {
  expect(readOptions({ key: 'bsk_1' }, src)).toEqual({
    key: 'bsk_1',
    host: 'https://replay.example.com',
    autostart: true,
    sample: 1,
    maskInputs: true,
    maskText: false,
    respectDnt: false,
    errors: true,
    pageViews: true,
    consoleErrors: true,
    idleMs: 1_800_000,
    maxMs: 43_200_000,
    checkoutMs: 300_000,
  });
});

test('sends_to_the_directory_the_script_lies_in', () => {
  expect(readOptions({ key: 'k' }, 'https://example.com/replay/backspool.js')).toMatchObject({
    host: 'https://example.com/replay',
  });
  expect(readOptions({ key: 'k', host: 'http://127.0.0.1:8420/' }, src)).toMatchObject({
    host: 'http://127.0.0.1:8420',
  });
});

test('says_what_is_missing', () => {
  expect(readOptions({}, src)).toContain('data-key');
  expect(readOptions({ key: 'k' }, 'blob:nothing')).toContain('blob:nothing');
});

test('reads_attributes_and_keeps_them_within_bounds', () => {
  expect(
    readOptions(
      { key: 'k', maskInputs: 'false', sample: '1.5', idleMinutes: '0', maxHours: 'x', respectDnt: '' },
      src,
    ),
  ).toMatchObject({ maskInputs: false, sample: 1, idleMs: 600, maxMs: 43_200_000, respectDnt: true });
});
