import {
  type InfiniteData,
  MutationCache,
  QueryCache,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { ApiProblem, call } from './client';
import type {
  Me,
  Project,
  ProjectChange,
  ProjectWithSecret,
  Recording,
  Refusal,
  Session,
  SessionPage,
} from './types';

/** A sign-in that ran out shows in any answer; the frame sees `me` become null and asks to sign in. */
function signedOut(error: unknown): void {
  if (error instanceof ApiProblem && error.status === 401) queryClient.setQueryData(['me'], null);
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: signedOut }),
  mutationCache: new MutationCache({ onError: signedOut }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // A refusal stays a refusal; silence and server faults are worth one more attempt.
      retry: (failures, error) =>
        failures < 1 && (!(error instanceof ApiProblem) || error.status === 0 || error.status >= 500),
    },
  },
});

/** Who is signed in; null when nobody is. */
export function useMe() {
  return useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) =>
      call<Me>('/api/me', { signal }).catch((error: unknown) => {
        if (error instanceof ApiProblem && error.status === 401) return null;
        throw error;
      }),
    staleTime: 60_000,
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => call<void>('/api/sign-in', { method: 'POST', body: { token } }),
    onSuccess: () => client.resetQueries(),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<void>('/api/sign-out', { method: 'POST' }),
    onSuccess: () => {
      // Not clear(): the frame watches `me`, and would go on watching the one that was taken away.
      client.setQueryData(['me'], null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' });
    },
  });
}

export function useProjects() {
  return useQuery({
    queryKey: ['projects'],
    queryFn: ({ signal }) =>
      call<{ projects: Project[] }>('/api/projects', { signal }).then((r) => r.projects),
  });
}

/** @param everyMs how often to look again, for a page that waits for something to arrive */
export function useProject(id: string, everyMs?: number) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ['project', id],
    queryFn: ({ signal }) => call<Project>(`/api/projects/${id}`, { signal }),
    placeholderData: () => client.getQueryData<Project[]>(['projects'])?.find((p) => p.id === id),
    refetchInterval: everyMs ?? false,
  });
}

/** Keeps the lists in step with a project that was changed. */
function keep(client: QueryClient, project: Project): void {
  const { client_secret: _, ...rest } = project as ProjectWithSecret;
  client.setQueryData(['project', project.id], rest);
  client.setQueryData<Project[]>(['projects'], (old) =>
    old
      ? old.some((p) => p.id === project.id)
        ? old.map((p) => (p.id === project.id ? rest : p))
        : [...old, rest]
      : old,
  );
}

export function useCreateProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      call<ProjectWithSecret>('/api/projects', { method: 'POST', body: { name } }),
    onSuccess: (project) => keep(client, project),
  });
}

export function useChangeProject(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ProjectChange) =>
      call<Project>(`/api/projects/${id}`, { method: 'PATCH', body: change }),
    onSuccess: (project) => keep(client, project),
  });
}

export function useRotateKey(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<Project>(`/api/projects/${id}/rotate-key`, { method: 'POST' }),
    onSuccess: (project) => keep(client, project),
  });
}

export function useRotateSecret(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<ProjectWithSecret>(`/api/projects/${id}/rotate-secret`, { method: 'POST' }),
    onSuccess: (project) => keep(client, project),
  });
}

export function useDeleteProject(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<void>(`/api/projects/${id}`, { method: 'DELETE' }),
    onSuccess: () => {
      client.setQueryData<Project[]>(['projects'], (old) => old?.filter((p) => p.id !== id));
      client.removeQueries({ queryKey: ['project', id] });
      client.removeQueries({ queryKey: ['sessions', id] });
    },
  });
}

export function useAddSamples(id: string) {
  return useMutation({
    mutationFn: () =>
      call<{ recordings: number }>(`/api/projects/${id}/sample-recordings`, { method: 'POST' }),
  });
}

export function useRefusals(id: string) {
  return useQuery({
    queryKey: ['refusals', id],
    queryFn: ({ signal }) =>
      call<{ refusals: Refusal[] }>(`/api/projects/${id}/refusals`, { signal }).then((r) => r.refusals),
    refetchInterval: 10_000,
  });
}

const PAGE = 50;

/** The sessions that match, newest first, by 50. `query` is the server's own filter text. */
export function useSessions(project: string, query: string) {
  return useInfiniteQuery({
    queryKey: ['sessions', project, query],
    queryFn: ({ pageParam, signal }) => {
      const params = new URLSearchParams(query);
      params.set('limit', String(PAGE));
      if (pageParam) params.set('cursor', pageParam);
      return call<SessionPage>(`/api/projects/${project}/sessions?${params}`, { signal });
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: (old, before) => (before?.queryKey[1] === project ? old : undefined),
  });
}

export type SessionPages = InfiniteData<SessionPage, string>;

export function useSession(project: string, id: string | undefined) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ['session', project, id],
    queryFn: ({ signal }) => call<Session>(`/api/projects/${project}/sessions/${id}`, { signal }),
    enabled: id !== undefined,
    placeholderData: () =>
      client
        .getQueriesData<SessionPages>({ queryKey: ['sessions', project] })
        .flatMap(([, data]) => data?.pages.flatMap((p) => p.sessions) ?? [])
        .find((s) => s.id === id),
  });
}

/** A live recording's index is asked for again while it grows. */
const LIVE_INDEX_EVERY = 3_000;
/** And that of one whose archive does not answer, until it does. */
const AWAY_INDEX_EVERY = 5_000;

function refetchEvery(recording: Recording | undefined): number | false {
  if (!recording) return false;
  const away =
    recording.verdict.state === 'unavailable' || recording.gaps.some((g) => g.reason === 'unavailable');
  if (away) return AWAY_INDEX_EVERY;
  return recording.live ? LIVE_INDEX_EVERY : false;
}

export function useRecording(project: string, session: string) {
  return useQuery({
    queryKey: ['recording', project, session],
    queryFn: ({ signal }) =>
      call<Recording>(`/api/projects/${project}/sessions/${session}/recording`, { signal }),
    refetchInterval: (query) => refetchEvery(query.state.data),
    structuralSharing: false,
    gcTime: 60_000,
  });
}
