import { expect, test } from 'vitest';
import { isSecret, Scrubber, stars } from '../src/masking';
import type { RecordedEvent } from '../src/rrweb';
import { FULL_SNAPSHOT, INCREMENTAL, MUTATION } from '../src/rrweb';

const masked = { maskInputs: true, maskText: false };
const open = { maskInputs: false, maskText: false };

function field(attributes: Record<string, string>, tag = 'input') {
  return { tag, attribute: (name: string) => attributes[name] ?? null };
}

test('masks_every_input_by_default_but_not_what_buttons_say', () => {
  for (const type of ['', 'text', 'email', 'hidden', 'file', 'a-type-to-come']) {
    expect(isSecret(field({ type }), false, masked)).toBe(true);
  }
  for (const type of ['submit', 'button', 'checkbox', 'RADIO']) {
    expect(isSecret(field({ type }), false, masked)).toBe(false);
  }
});

test('masks_passwords_cards_and_marked_fields_even_when_inputs_are_open', () => {
  expect(isSecret(field({ type: 'text' }), false, open)).toBe(false);
  expect(isSecret(field({ type: 'password' }), false, open)).toBe(true);
  expect(isSecret(field({ type: 'text', 'data-rr-is-password': 'true' }), false, open)).toBe(true);
  expect(isSecret(field({ autocomplete: 'billing cc-number' }), false, open)).toBe(true);
  expect(isSecret(field({ autocomplete: 'one-time-code' }), false, open)).toBe(true);
  expect(isSecret(field({}, 'textarea'), true, open)).toBe(true);
});

test('keeps_spaces_so_that_lines_break_as_they_did', () => {
  expect(stars('Ada Lovelace\n')).toBe('*** ********\n');
});

test('masks_in_a_snapshot_what_was_left_open', () => {
  const event = {
    type: FULL_SNAPSHOT,
    data: {
      node: element('body', {}, [
        element('input', { type: 'text', value: 'ada@example.com', placeholder: 'E-mail' }),
        element('input', { type: 'submit', value: 'Buy' }),
        element('div', { 'data-backspool-mask': '', title: 'Ada' }, [
          element('img', { alt: 'Ada' }),
          element('option', { selected: true, value: 'ada' }),
        ]),
      ]),
    },
  };
  new Scrubber(masked, () => null).scrub(event as unknown as RecordedEvent);
  const text = JSON.stringify(event);
  expect(text).not.toMatch(/ada/i);
  expect(text).toContain('"Buy"');
  expect(text).toContain('"E-mail"');
  expect(text).not.toContain('selected');
});

test('masks_what_is_added_or_changed_inside_a_masked_element', () => {
  const inside = { closest: () => inside } as unknown as Element;
  const outside = { closest: () => null } as unknown as Element;
  const event = {
    type: INCREMENTAL,
    data: {
      source: MUTATION,
      adds: [
        { parentId: 1, node: element('img', { alt: 'secret' }) },
        { parentId: 2, node: element('img', { alt: 'public' }) },
      ],
      attributes: [
        { id: 1, attributes: { title: 'secret', class: 'box' } },
        { id: 2, attributes: { title: 'public' } },
      ],
      removes: [],
      texts: [],
    },
  };
  new Scrubber(masked, (id) => (id === 1 ? inside : outside)).scrub(event as unknown as RecordedEvent);
  const text = JSON.stringify(event);
  expect(text).not.toContain('secret');
  expect(text.match(/public/g)).toHaveLength(2);
  expect(text).toContain('box');
});

function element(tagName: string, attributes: Record<string, unknown>, childNodes: unknown[] = []) {
  return { type: 2, tagName, attributes, childNodes, id: 0 };
}
