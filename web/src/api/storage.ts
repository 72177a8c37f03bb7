import {
  type QueryClient,
  type QueryKey,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { call } from './client';
import type { SessionPages } from './queries';
import type {
  Erasure,
  ErasurePage,
  Retention,
  RetentionDays,
  RetentionNext,
  Session,
  Storage,
} from './types';

const EVERY = 15_000;

/** While something goes on that one waits for. */
const SOON = 1_500;

/** Where a project's recordings lie; asked for again while one looks. */
export function useStorage(project: string) {
  return useQuery({
    queryKey: ['storage', project],
    queryFn: ({ signal }) => call<Storage>(`/api/projects/${project}/storage`, { signal }),
    refetchInterval: EVERY,
  });
}

/** How long things are kept; asked for often while a run goes on. */
export function useRetention(project: string) {
  return useQuery({
    queryKey: ['retention', project],
    queryFn: ({ signal }) => call<Retention>(`/api/projects/${project}/retention`, { signal }),
    refetchInterval: (query) => (query.state.data?.running ? SOON : EVERY),
  });
}

/** What the next run would remove if these days were in force; asked once there are any. */
export function useRetentionPreview(project: string, days: RetentionDays | null) {
  return useQuery({
    queryKey: ['retention-preview', project, days],
    queryFn: ({ signal }) => {
      const params = new URLSearchParams(
        Object.entries(days ?? {}).map(([key, value]) => [key, value === null ? 'forever' : String(value)]),
      );
      return call<RetentionNext>(`/api/projects/${project}/retention/next?${params}`, { signal });
    },
    enabled: days !== null,
    gcTime: 0,
  });
}

/** Starts a run of retention now. */
export function useRunRetention(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<void>(`/api/projects/${project}/retention/run`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['retention', project] }),
  });
}

/** Writes a change into every copy of a session that is on the screen. */
function patch(client: QueryClient, project: string, id: string, change: Partial<Session>): void {
  const changed = (session: Session) => (session.id === id ? { ...session, ...change } : session);
  client.setQueryData<Session>(['session', project, id], (old) => old && changed(old));
  client.setQueriesData<SessionPages>(
    { queryKey: ['sessions', project] },
    (old) =>
      old && { ...old, pages: old.pages.map((page) => ({ ...page, sessions: page.sessions.map(changed) })) },
  );
}

/** Marks a session as kept, or takes the mark away: shown at once, taken back when the server refuses. */
export function useKeep(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ session, keep }: { session: Session; keep: boolean }) =>
      call<void>(`/api/projects/${project}/sessions/${session.id}/keep`, {
        method: keep ? 'PUT' : 'DELETE',
      }),
    onMutate: ({ session, keep }) =>
      patch(client, project, session.id, { kept_at: keep ? new Date().toISOString() : null }),
    onError: (_, { session }) => patch(client, project, session.id, { kept_at: session.kept_at }),
    // What other filters list is read again when it is opened; a list does not move under a reader's eyes.
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions', project], refetchType: 'none' }),
  });
}

/** Erases a session by our id, or a person by the customer's. */
export function useErase(project: string) {
  return useMutation({
    mutationFn: ({ kind, id }: { kind: Erasure['kind']; id: string }) =>
      call<Erasure>(
        `/api/projects/${project}/${kind === 'session' ? 'sessions' : 'profiles'}/${encodeURIComponent(id)}`,
        { method: 'DELETE' },
      ),
  });
}

/** Lets everything be read again that an erasure may have taken something from. */
export function forgetErased(client: QueryClient, project: string): void {
  for (const what of ['sessions', 'project', 'profiles', 'events', 'storage', 'erasures']) {
    void client.invalidateQueries({ queryKey: [what, project] as QueryKey });
  }
}

/** A receipt, followed until the objects are gone too. */
export function useErasure(project: string, receipt: Erasure) {
  return useQuery({
    queryKey: ['erasure', project, receipt.id],
    queryFn: ({ signal }) => call<Erasure>(`/api/projects/${project}/erasures/${receipt.id}`, { signal }),
    initialData: receipt,
    refetchInterval: (query) => (query.state.data?.state === 'done' ? false : SOON),
  });
}

/** What was erased, the latest first. */
export function useErasures(project: string) {
  return useInfiniteQuery({
    queryKey: ['erasures', project],
    queryFn: ({ pageParam, signal }) => {
      const params = new URLSearchParams({ limit: '50' });
      if (pageParam) params.set('cursor', pageParam);
      return call<ErasurePage>(`/api/projects/${project}/erasures?${params}`, { signal });
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.erasures.some((e) => e.state !== 'done')) ? SOON : EVERY,
  });
}

/** Lets what was erased be recorded again from now on. */
export function useAllowAgain(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (erasure: string) =>
      call<void>(`/api/projects/${project}/erasures/${erasure}/tombstones`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['erasures', project] }),
  });
}
