import type { Behind, SinkAddress, SinkStatus, SyncMapping, SyncStage } from '../api/types';
import { count, counted, lengthInWords } from '../parts/format';

/** "12", "about 1,200,000" */
export function amountOf({ behind, exact }: Pick<Behind, 'behind' | 'exact'>): string {
  return exact ? count(behind) : `about ${count(rounded(behind))}`;
}

/** An estimate is not told to the last row. */
function rounded(rows: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(rows, 1))) - 1);
  return Math.round(rows / unit) * unit;
}

/** How old the oldest missing change is: "8 s", "3 min"; nothing where there is none. */
export function ageOf(oldest: string | null, now: number = Date.now()): string {
  return oldest === null ? '' : lengthInWords(Math.max(0, now - Date.parse(oldest)));
}

/** "1,200/s", "0.4/s"; a dash until there are two looks to compare. */
export function rateOf(rate: number | null): string {
  if (rate === null) return '–';
  if (rate === 0) return '0/s';
  return `${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))}/s`;
}

const KINDS: Record<string, string> = {
  postgres: 'PostgreSQL',
  duckdb: 'DuckDB',
  clickhouse: 'ClickHouse',
};

export function kindOf(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** "ada@db.example.com:5432/shop" */
export function placeOf(address: SinkAddress): string {
  const { user, host, port, database } = address;
  return `${user ? `${user}@` : ''}${host ?? ''}${port ? `:${port}` : ''}${database ? `/${database}` : ''}`;
}

/** What an error means for whoever looks after the database. */
const TROUBLES: Record<NonNullable<SinkStatus['error_kind']>, string> = {
  unreachable: 'Does not answer',
  refused: 'Does not let us in',
  schema_drift: 'Its tables were changed',
  refused_row: 'Refuses rows',
};

/** How it is with a sink, in a few plain words. */
export function stateOf(sink: SinkStatus): string {
  switch (sink.state) {
    case 'paused':
      return 'Paused';
    case 'failing':
      return sink.error_kind ? TROUBLES[sink.error_kind] : 'Does not work';
    case 'stopped': {
      const stopped = sink.mappings.filter((mapping) => mapping.state === 'stopped').length;
      return stopped === 1 ? 'One table is stopped' : `${count(stopped)} tables are stopped`;
    }
    case 'new':
      return 'Not begun yet';
    case 'loading':
      return 'Being loaded';
    default:
      return sink.behind === 0 ? 'Up to date' : 'Catching up';
  }
}

/** Whether somebody has to do something about a sink. */
export function isTrouble(sink: SinkStatus): boolean {
  return sink.state === 'failing' || sink.state === 'stopped';
}

/** What a sink lacks: "12 rows behind, the oldest for 8 s"; of one that is loaded, what is to come. */
export function lackOf(sink: Behind & { state: string }, now: number = Date.now()): string {
  if (sink.behind === 0) return '';
  const rows = sink.exact ? counted(sink.behind, 'row') : `${amountOf(sink)} rows`;
  const age = ageOf(sink.oldest_at, now);
  if (sink.state === 'loading' || sink.state === 'new') return `${rows} to go`;
  return `${rows} behind${age ? `, the oldest for ${age}` : ''}`;
}

const MAPPING_STATES: Record<SyncMapping['state'], string> = {
  live: 'Follows',
  loading: 'Being loaded',
  new: 'Not begun yet',
  stopped: 'Stopped',
};

export function mappingStateOf(state: SyncMapping['state']): string {
  return MAPPING_STATES[state];
}

/** When a failing sink is tried again: "now", "in 20 s". */
export function retryOf(retryAt: string | null, now: number = Date.now()): string {
  if (retryAt === null) return '';
  const left = Date.parse(retryAt) - now;
  return left < 1_000 ? 'now' : `in ${lengthInWords(left)}`;
}

/** What a stage does, and what its pause means. */
export const STAGES: Record<SyncStage['stage'], { name: string; what: string; paused: string }> = {
  tail: {
    name: 'Following changes',
    what: 'Brings what is written, changed and deleted.',
    paused: 'Following changes is paused everywhere: nothing new reaches any database.',
  },
  load: {
    name: 'Full loads',
    what: 'Brings everything to databases that are new, and at a resync.',
    paused: 'Full loads are paused everywhere: new databases and resyncs wait.',
  },
  tidy: {
    name: 'Tidying up',
    what: 'Lets go of keys of deleted rows once every database has passed them.',
    paused: 'Tidying up is paused everywhere: keys of deleted rows stay.',
  },
};
