import type { Erasure } from '../api/types';
import { bytes, count, counted } from '../parts/format';

/** How the server's counts are called, in the order they are told. */
const KINDS: [key: string, one: string, many?: string][] = [
  ['profiles', 'profile'],
  ['sessions', 'session'],
  ['tabs', 'tab'],
  ['pages', 'page'],
  ['chunks', 'upload'],
  ['objects', 'object of the archive', 'objects of the archive'],
  ['events', 'event'],
  ['receipts', 'answer kept for retries', 'answers kept for retries'],
  ['mentions', 'mention in settings and refusals', 'mentions in settings and refusals'],
];

/** What was removed, each kind in words; what there was none of is left out. */
export function removedInWords(removed: Erasure['removed']): string[] {
  const known = KINDS.filter(([key]) => removed[key]).map(([key, one, many]) => {
    const words = counted(removed[key] ?? 0, one, many);
    return key === 'objects' && removed.object_bytes ? `${words} (${bytes(removed.object_bytes)})` : words;
  });
  const others = Object.entries(removed)
    .filter(([key, value]) => value > 0 && key !== 'object_bytes' && !KINDS.some(([k]) => k === key))
    .map(([key, value]) =>
      key.endsWith('_bytes')
        ? `${bytes(value)} of ${key.slice(0, -'_bytes'.length).replaceAll('_', ' ')}`
        : `${count(value)} ${key.replaceAll('_', ' ')}`,
    );
  return [...known, ...others];
}
