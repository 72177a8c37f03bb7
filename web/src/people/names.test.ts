import { describe, expect, it } from 'vitest';
import { initialsOf, nameOf } from './names';

describe('what people are called', () => {
  it('is the best that is known', () => {
    const person = { id: 'u1', first_name: 'Mira', last_name: null, email: 'mira@example.com' };
    expect(nameOf({ ...person, last_name: 'Sol' })).toBe('Mira Sol');
    expect(nameOf(person)).toBe('Mira');
    expect(nameOf({ ...person, first_name: '' })).toBe('mira@example.com');
    expect(nameOf({ ...person, first_name: null, email: null })).toBe('u1');
  });

  it('has at most two initials, of whole characters', () => {
    expect(
      ['Mira Sol', 'Ana de la Cruz', 'mira.sol@example.com', 'u1', '', '🦊 Fox'].map(initialsOf),
    ).toEqual(['MS', 'AC', 'MS', 'U', '', '🦊F']);
  });
});
