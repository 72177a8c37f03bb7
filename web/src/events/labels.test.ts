import { describe, expect, it } from 'vitest';
import { agentOf, factsOf, personOf, placeOf, valueText } from './labels';
import { sampleEvent } from './sample';

describe('what is said of an event', () => {
  it('names a person only where one is known', () => {
    expect(personOf({ profile_id: 'd1', device_id: 'd1' })).toBeNull();
    expect(personOf({ profile_id: null, device_id: null })).toBeNull();
    expect(personOf({ profile_id: 'mira', device_id: 'd1' })).toBe('mira');
  });

  it('says what is known of place and device and no more', () => {
    expect([placeOf({ city: 'Graz', country: 'AT' }), placeOf({ city: null, country: 'AT' })]).toEqual([
      'Graz, AT',
      'AT',
    ]);
    expect(agentOf({ browser: 'Firefox', os: null, device: 'desktop' })).toBe('Firefox');
    expect(
      factsOf(sampleEvent('1', 0, { os: 'iOS', os_version: '18', path: '/a', origin: 'https://s' })),
    ).toEqual([
      ['Address', 'https://s/a'],
      ['System', 'iOS 18'],
    ]);
  });

  it('writes values that are not text as JSON', () => {
    expect([valueText('a'), valueText(4), valueText({ a: [1] }), valueText(undefined)]).toEqual([
      'a',
      '4',
      '{"a":[1]}',
      '',
    ]);
  });
});
