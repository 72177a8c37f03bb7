import { SPEEDS } from './playback';

/** What a person chose last, kept in their browser for the next recording. */
export interface Settings {
  speed: number;
  skipIdle: boolean;
}

const KEY = 'backspool.player';

export function readSettings(): Settings {
  const kept: Settings = { speed: 1, skipIdle: true };
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>;
    if (SPEEDS.some((s) => s === stored.speed)) kept.speed = stored.speed as number;
    if (typeof stored.skipIdle === 'boolean') kept.skipIdle = stored.skipIdle;
  } catch {
    // A browser without storage, or text that is not ours: the defaults serve.
  }
  return kept;
}

export function writeSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Nothing to do: the choice lasts as long as the page.
  }
}
