import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState } from 'react';
import type { SessionPages } from './queries';
import type { Project, Session } from './types';

/** How fresh what is on the screen is. */
export interface Live {
  state: 'connecting' | 'live' | 'lost';
  /** When the last session was heard of, epoch ms. */
  lastAt: number | null;
  /** Sessions heard of since the list was read that are not in it. */
  fresh: ReadonlySet<string>;
  /** The list has been read again. */
  clearFresh: () => void;
}

export const LiveContext = createContext<Live>({
  state: 'connecting',
  lastAt: null,
  fresh: new Set(),
  clearFresh: () => {},
});

export function useLive(): Live {
  return useContext(LiveContext);
}

/** The browser reconnects a broken stream by itself, but gives up on an error answer; then we do. */
const AGAIN_AFTER = 5_000;

/**
 * Listens to a project's sessions while they grow and writes them into what has been read. Sessions that
 * are in no list are only counted: a list does not move under a reader's eyes.
 */
export function useLiveSessions(project: string | undefined): Live {
  const client = useQueryClient();
  const [state, setState] = useState<Live['state']>('connecting');
  const [lastAt, setLastAt] = useState<number | null>(null);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());

  useEffect(() => {
    if (!project) return;
    let source: EventSource | null = null;
    let timer = 0;
    setState('connecting');
    setLastAt(null);
    setFresh(new Set());
    const open = () => {
      source = new EventSource(`/api/projects/${project}/sessions/live`);
      source.onopen = () => {
        setState('live');
        // What came between the first reading and now, or while the stream was lost, is in no message.
        void client.invalidateQueries({ queryKey: ['project', project] });
        void client.invalidateQueries({ queryKey: ['sessions', project] });
      };
      source.onerror = () => {
        setState('lost');
        if (source?.readyState === EventSource.CLOSED) timer = window.setTimeout(open, AGAIN_AFTER);
      };
      source.addEventListener('session', (event) => {
        const session = JSON.parse((event as MessageEvent<string>).data) as Session;
        setLastAt(Date.now());
        if (!take(client, project, session)) {
          setFresh((old) => (old.has(session.id) ? old : new Set(old).add(session.id)));
          void client.invalidateQueries({ queryKey: ['project', project] });
          // An empty list has no reader whose place could move.
          void client.invalidateQueries({
            queryKey: ['sessions', project],
            predicate: (query) => isEmpty(query.state.data as SessionPages | undefined),
          });
        }
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [client, project]);

  return { state, lastAt, fresh, clearFresh: () => setFresh(new Set()) };
}

function isEmpty(list: SessionPages | undefined): boolean {
  return list?.pages.every((page) => page.sessions.length === 0) ?? false;
}

/** Replaces the session where it is known; says whether any list has it. */
function take(client: QueryClient, project: string, session: Session): boolean {
  let known = false;
  client.setQueryData(['session', project, session.id], session);
  client.setQueriesData<SessionPages>({ queryKey: ['sessions', project] }, (old) => {
    if (!old?.pages.some((p) => p.sessions.some((s) => s.id === session.id))) return old;
    known = true;
    return {
      ...old,
      pages: old.pages.map((page) => ({
        ...page,
        sessions: page.sessions.map((s) => (s.id === session.id ? session : s)),
      })),
    };
  });
  client.setQueryData<Project>(['project', project], (old) =>
    old ? { ...old, last_recorded_at: session.last_event_at } : old,
  );
  return known;
}
