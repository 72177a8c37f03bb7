import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type EventPages, eventsKey } from '../api/events';
import type { TrackedEvent } from '../api/types';
import { type Arrivals, arrive, NO_ARRIVALS, release } from './feed';

/** Events are drawn together: a busy project sends more of them than a screen can follow. */
const DRAW_EVERY = 250;
/** The browser reconnects a broken stream by itself, but gives up on an error answer; then we do. */
const AGAIN_AFTER = 5_000;

export interface LiveEvents {
  state: 'connecting' | 'live' | 'lost';
  arrivals: Arrivals;
  /** Shows what was held. */
  show: () => void;
}

/**
 * Listens to a project's events as they are committed.
 *
 * @param query the server's filter text, the same as the list's
 * @param hold whether what comes now waits instead of moving the list
 */
export function useLiveEvents(project: string, query: string, hold: boolean): LiveEvents {
  const client = useQueryClient();
  const [state, setState] = useState<LiveEvents['state']>('connecting');
  const [arrivals, setArrivals] = useState<Arrivals>(NO_ARRIVALS);
  const holding = useRef(hold);
  holding.current = hold;

  // What came between the reading and now is in no message; older pages are read again when wanted.
  const readAgain = useCallback(() => {
    const queryKey = eventsKey(project, query);
    client.setQueryData<EventPages>(queryKey, (old) =>
      old ? { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) } : old,
    );
    void client.invalidateQueries({ queryKey });
  }, [client, project, query]);

  useEffect(() => {
    let source: EventSource | null = null;
    let again = 0;
    let draw = 0;
    let waiting: TrackedEvent[] = [];
    setState('connecting');
    setArrivals(NO_ARRIVALS);
    const flush = () => {
      const events = waiting;
      waiting = [];
      draw = 0;
      setArrivals((before) => arrive(before, events, holding.current));
    };
    const open = () => {
      source = new EventSource(`/api/projects/${project}/events/live?${query}`);
      source.onopen = () => {
        setState('live');
        readAgain();
      };
      source.onerror = () => {
        setState('lost');
        if (source?.readyState === EventSource.CLOSED) again = window.setTimeout(open, AGAIN_AFTER);
      };
      source.addEventListener('event', (message) => {
        waiting.push(JSON.parse((message as MessageEvent<string>).data) as TrackedEvent);
        if (!draw) draw = window.setTimeout(flush, DRAW_EVERY);
      });
      // The server held back more than this reader could be told.
      source.addEventListener('skipped', () => setArrivals((before) => ({ ...before, overflowed: true })));
    };
    open();
    return () => {
      clearTimeout(again);
      clearTimeout(draw);
      source?.close();
    };
  }, [project, query, readAgain]);

  const { overflowed } = arrivals;
  useEffect(() => {
    if (!overflowed || hold) return;
    readAgain();
    setArrivals((before) => ({ ...before, overflowed: false }));
  }, [overflowed, hold, readAgain]);

  const show = useCallback(() => setArrivals(release), []);
  return { state, arrivals, show };
}
