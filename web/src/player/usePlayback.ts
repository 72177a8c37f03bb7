import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Engine } from './engine';

/** The running engine, for the parts of the player inside it. */
export const EngineContext = createContext<Engine | null>(null);

export function useEngine(): Engine {
  const engine = useContext(EngineContext);
  if (!engine) throw new Error('The player is not open.');
  return engine;
}

/** One fact about the playback; a part is drawn again only when its fact changes. */
export function usePlayback<T extends string | number | boolean | null | object>(
  pick: (engine: Engine) => T,
): T {
  const engine = useEngine();
  return useSyncExternalStore(engine.subscribe, () => pick(engine));
}
