import { describe, expect, it } from 'vitest';
import { cameFrom, entryOf } from './who';

describe('where a visit came from', () => {
  const nothing = { referrer: null, referrer_name: null, city: null, country: null };

  it('is said as far as it is known', () => {
    expect(cameFrom(nothing)).toBe('');
    expect(cameFrom({ ...nothing, country: 'AT' })).toBe('AT');
    expect(
      cameFrom({ ...nothing, referrer: 'https://www.news.example/a?b', city: 'Graz', country: 'AT' }),
    ).toBe('news.example · Graz, AT');
    expect(cameFrom({ ...nothing, referrer: 'https://google.com', referrer_name: 'Google' })).toBe('Google');
    expect(cameFrom({ ...nothing, referrer: 'android-app' })).toBe('android-app');
  });

  it('begins at the path that events name, else at the first page recorded', () => {
    expect(entryOf({ entry_path: '/a', first_page: 'https://shop.example.com/b' })).toBe('/a');
    expect(entryOf({ entry_path: null, first_page: 'https://shop.example.com/b?c' })).toBe('/b?c');
    expect(entryOf({ entry_path: null, first_page: null })).toBe('');
  });
});
