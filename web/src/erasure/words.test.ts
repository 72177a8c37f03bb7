import { describe, expect, it } from 'vitest';
import { removedInWords } from './words';

describe('what an erasure removed', () => {
  it('is told kind by kind, and nothing that there was none of', () => {
    expect(
      removedInWords({
        sessions: 1,
        chunks: 12,
        objects: 2,
        object_bytes: 81_234,
        events: 0,
        profiles: 1,
      }),
    ).toEqual(['1 profile', '1 session', '12 uploads', '2 objects of the archive (81 kB)']);
    expect(removedInWords({})).toEqual([]);
  });

  it('has words for kinds it does not know', () => {
    expect(removedInWords({ open_sessions: 3, chunk_bytes: 2_000 })).toEqual([
      '3 open sessions',
      '2.0 kB of chunk',
    ]);
  });
});
