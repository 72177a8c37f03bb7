import { describe, expect, it } from 'vitest';
import type { SinkStatus, SyncMapping } from '../api/types';
import { ageOf, amountOf, isTrouble, lackOf, placeOf, rateOf, retryOf, stateOf } from './words';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const ago = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

const mapping = (change: Partial<SyncMapping> = {}): SyncMapping => ({
  mapping: 'profiles',
  state: 'live',
  behind: 0,
  exact: true,
  oldest_at: null,
  delivered: 0,
  delivered_at: null,
  quarantined: 0,
  rows_per_second: null,
  reason: null,
  ...change,
});

const sink = (change: Partial<SinkStatus> = {}): SinkStatus => ({
  id: 's',
  project_id: 'p',
  kind: 'postgres',
  name: 'Warehouse',
  address: null,
  paused: false,
  required: false,
  created_at: ago(60),
  state: 'live',
  failures: 0,
  error: null,
  error_kind: null,
  error_at: null,
  retry_at: null,
  behind: 0,
  exact: true,
  oldest_at: null,
  quarantined: 0,
  delivered: 0,
  delivered_at: null,
  rows_per_second: null,
  mappings: [mapping()],
  projects_behind: 0,
  projects: [],
  ...change,
});

describe('how many rows are missing', () => {
  it('is told to the row where it was counted, and about where it was not', () => {
    expect(amountOf({ behind: 20_001, exact: true })).toBe('20,001');
    expect(amountOf({ behind: 1_234_567, exact: false })).toBe('about 1,200,000');
    expect(amountOf({ behind: 7, exact: false })).toBe('about 7');
    expect(amountOf({ behind: 0, exact: true })).toBe('0');
  });

  it('comes with the age of the oldest, and a load with what is to go', () => {
    expect(lackOf(sink({ behind: 1, oldest_at: ago(8) }), NOW)).toBe('1 row behind, the oldest for 8 s');
    expect(lackOf(sink({ behind: 12, oldest_at: null }), NOW)).toBe('12 rows behind');
    expect(lackOf(sink({ state: 'loading', behind: 40_000, exact: false }), NOW)).toBe(
      'about 40,000 rows to go',
    );
    expect(lackOf(sink({ state: 'new', behind: 3 }), NOW)).toBe('3 rows to go');
    expect(lackOf(sink(), NOW)).toBe('');
  });

  it('never has an age below nothing, as clocks differ', () => {
    expect(ageOf(ago(-5), NOW)).toBe('0 s');
    expect(ageOf(null, NOW)).toBe('');
  });
});

describe('how it is with a sink', () => {
  it('is said in plain words', () => {
    expect(stateOf(sink())).toBe('Up to date');
    expect(stateOf(sink({ behind: 4 }))).toBe('Catching up');
    expect(stateOf(sink({ state: 'loading' }))).toBe('Being loaded');
    expect(stateOf(sink({ state: 'new' }))).toBe('Not begun yet');
    expect(stateOf(sink({ state: 'paused', paused: true }))).toBe('Paused');
    expect(stateOf(sink({ state: 'failing', error_kind: 'unreachable' }))).toBe('Does not answer');
    expect(stateOf(sink({ state: 'failing', error_kind: 'refused' }))).toBe('Does not let us in');
    expect(stateOf(sink({ state: 'failing' }))).toBe('Does not work');
  });

  it('counts the tables that are stopped', () => {
    const stopped = mapping({ state: 'stopped', reason: 'column "email" does not exist' });
    expect(stateOf(sink({ state: 'stopped', mappings: [stopped, mapping()] }))).toBe('One table is stopped');
    expect(stateOf(sink({ state: 'stopped', mappings: [stopped, stopped] }))).toBe('2 tables are stopped');
  });

  it('is trouble only where somebody has to do something', () => {
    expect(isTrouble(sink({ state: 'failing' }))).toBe(true);
    expect(isTrouble(sink({ state: 'stopped' }))).toBe(true);
    expect(isTrouble(sink({ state: 'paused' }))).toBe(false);
    expect(isTrouble(sink({ behind: 1_000_000 }))).toBe(false);
  });
});

describe('how fast rows go', () => {
  it('is not known at the first look', () => {
    expect(rateOf(null)).toBe('–');
  });

  it('is as precise as it matters', () => {
    expect(rateOf(0)).toBe('0/s');
    expect(rateOf(0.4)).toBe('0.4/s');
    expect(rateOf(1_234.5)).toBe('1,235/s');
  });
});

describe('where a database is', () => {
  it('is read as one address, without what is not known', () => {
    expect(placeOf({ host: 'db.example.com', port: 5432, database: 'shop', user: 'ada' })).toBe(
      'ada@db.example.com:5432/shop',
    );
    expect(placeOf({ host: 'h', port: 0, database: null, user: null })).toBe('h');
  });
});

describe('when it is tried again', () => {
  it('is said as soon as it is known', () => {
    expect(retryOf(ago(-20), NOW)).toBe('in 20 s');
    expect(retryOf(ago(3), NOW)).toBe('now');
    expect(retryOf(null, NOW)).toBe('');
  });
});
