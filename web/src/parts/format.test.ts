import { describe, expect, it } from 'vitest';
import { amount, bytes, clock, counted, lengthInWords, pathOf, soon, toTheSecond, when } from './format';

describe('formats', () => {
  it('write lengths as a clock', () => {
    expect([0, 7_999, 719_664, 3_723_000, -5].map(clock)).toEqual([
      '0:00',
      '0:07',
      '11:59',
      '1:02:03',
      '0:00',
    ]);
  });

  it('write lengths in words', () => {
    expect([8_000, 60_000, 90_000, 180_000, 3_600_000, 3_900_000].map(lengthInWords)).toEqual([
      '8 s',
      '1 min',
      '90 s',
      '3 min',
      '1 h',
      '1 h 5 min',
    ]);
  });

  it('write amounts', () => {
    expect(
      [0, 999, 1_500, 81_234, 1_800_000, 153_000_000, 2_400_000_000, 7_100_000_000_000].map(bytes),
    ).toEqual(['0 B', '999 B', '1.5 kB', '81 kB', '1.8 MB', '153 MB', '2.4 GB', '7.1 TB']);
    expect([counted(1, 'page'), counted(4_055, 'event')]).toEqual(['1 page', '4,055 events']);
  });

  it('say how long ago, shorter the nearer', () => {
    const now = new Date(2026, 10, 21, 14, 30).getTime();
    const ago = (ms: number) => when(new Date(now - ms).toISOString(), now);
    expect(ago(3_000)).toBe('now');
    expect(ago(12 * 60_000)).toBe('12 min ago');
    expect(ago(3 * 3_600_000)).toBe('today 11:30');
    expect(ago(24 * 3_600_000)).toBe('yesterday 14:30');
    expect(ago(20 * 86_400_000)).toBe('1 Nov 14:30');
    expect(ago(400 * 86_400_000)).toBe('17 Oct 2025 14:30');
    expect(when('nonsense', now)).toBe('');
  });

  it('say when something is to happen', () => {
    const now = new Date(2026, 10, 21, 14, 30).getTime();
    const ahead = (ms: number) => soon(new Date(now + ms).toISOString(), now);
    expect(ahead(-5_000)).toBe('now');
    expect(ahead(12 * 60_000)).toBe('in 12 min');
    expect(ahead(3 * 3_600_000)).toBe('today at 17:30');
    expect(ahead(12.5 * 3_600_000)).toBe('tomorrow at 03:00');
    expect(ahead(12 * 86_400_000)).toBe('on 3 Dec at 14:30');
    expect(soon('nonsense', now)).toBe('');
  });

  it('write money without a currency, since none is known', () => {
    expect([0, 5, 4_900, 123_456_789].map(amount)).toEqual(['0.00', '0.05', '49.00', '1,234,567.89']);
  });

  it('name the day of a second only when it is another one', () => {
    const now = new Date(2026, 10, 21, 14, 30).getTime();
    expect(toTheSecond(new Date(2026, 10, 21, 9, 5, 7).toISOString(), now)).toBe('09:05:07');
    expect(toTheSecond(new Date(2026, 10, 20, 23, 5, 7).toISOString(), now)).toBe('20 Nov 23:05:07');
    expect(toTheSecond('nonsense', now)).toBe('');
  });

  it('keep of an address what one looks for', () => {
    expect(pathOf('https://shop.example.com/cart?x=1#top')).toBe('/cart?x=1#top');
    expect(pathOf('about:blank')).toBe('about:blank');
    expect(pathOf('not an address')).toBe('not an address');
    expect(pathOf(null)).toBe('');
  });
});
