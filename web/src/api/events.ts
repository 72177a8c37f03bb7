import { type InfiniteData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { call } from './client';
import type { EventName, EventPage, TrackedEvent } from './types';

const PAGE = 50;

export type EventPages = InfiniteData<EventPage, string>;

/** Where the events of one question are kept. */
export function eventsKey(project: string, query: string) {
  return ['events', project, query] as const;
}

/** The events that match, newest first, by 50. `query` is the server's own filter text. */
export function useEvents(project: string, query: string) {
  return useInfiniteQuery({
    queryKey: eventsKey(project, query),
    queryFn: ({ pageParam, signal }) => {
      const params = new URLSearchParams(query);
      params.set('limit', String(PAGE));
      if (pageParam) params.set('cursor', pageParam);
      return call<EventPage>(`/api/projects/${project}/events?${params}`, { signal });
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

/** The names of the last seven days' events, most frequent first. */
export function useEventNames(project: string) {
  return useQuery({
    queryKey: ['event names', project],
    queryFn: ({ signal }) =>
      call<{ names: EventName[] }>(`/api/projects/${project}/events/names`, { signal }).then((r) => r.names),
    staleTime: 30_000,
  });
}

/** Beyond this many a session's events are no longer marks that one could tell apart. */
const MOST_OF_A_SESSION = 5_000;
const SESSION_PAGE = 200;
/** A live session's events are asked for again while it grows. */
const LIVE_EVERY = 3_000;

/** A session's events in the order they happened. */
export function useSessionEvents(project: string, session: string, live: boolean) {
  return useQuery({
    queryKey: ['session events', project, session],
    queryFn: async ({ signal }) => {
      const events: TrackedEvent[] = [];
      let cursor: string | null = null;
      do {
        const params: URLSearchParams = new URLSearchParams({ limit: String(SESSION_PAGE) });
        if (cursor) params.set('cursor', cursor);
        const page: EventPage = await call<EventPage>(
          `/api/projects/${project}/sessions/${session}/events?${params}`,
          { signal },
        );
        events.push(...page.events);
        cursor = page.next_cursor;
      } while (cursor && events.length < MOST_OF_A_SESSION);
      return { events, complete: cursor === null };
    },
    refetchInterval: live ? LIVE_EVERY : false,
    gcTime: 60_000,
  });
}
